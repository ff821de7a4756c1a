//! Work that panics, for the tests of the feature `test-panic`.

use std::time::Duration;

use super::{Backend, Job, Progress, Store};
use sessions_model::error::Error;
use sessions_model::ident::Token;

/// The first step is longer than a slice, the next one panics with an index open.
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

impl<K: Backend> Job<K> for PanicLater {
    fn step(&mut self, store: &Store<'_, K>) -> Result<Progress, Error> {
        let _due = store.backend.sorted_set(&store.keys.due())?;
        if self.began {
            panic_over(&self.token);
        }
        self.began = true;
        std::thread::sleep(Duration::from_millis(2));
        Ok(Progress::Unfinished)
    }
}

#[expect(clippy::panic, reason = "it is there to panic")]
pub(crate) fn panic_over(token: &Token) -> ! {
    panic!("{}", String::from_utf8_lossy(token.as_bytes()))
}
