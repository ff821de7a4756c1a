//! Work that panics, for the tests of the feature `test-panic`.

use std::time::Duration;

use super::keyspace::Keyspace;
use super::{Job, Progress, Store};
use crate::commands::panic::panic_over;
use sessions_model::error::Error;
use sessions_model::ident::Token;

/// Its first step is longer than a slice, the next panics with an index open.
#[derive(Debug)]
pub(crate) struct PanicLater {
    token: Token,
    began: bool,
}

impl PanicLater {
    pub(super) fn new(token: &Token) -> Self {
        Self {
            token: *token,
            began: false,
        }
    }
}

impl<K: Keyspace> Job<K> for PanicLater {
    fn step(&mut self, store: &Store<'_, K>) -> Result<Progress, Error> {
        let _due = store.keyspace.sorted_set(&store.keys.due())?;
        if self.began {
            panic_over(&self.token);
        }
        self.began = true;
        std::thread::sleep(Duration::from_millis(2));
        Ok(Progress::Unfinished)
    }
}
