//! ```text
//! SESSIONS.WIPE
//! ```
//! Removes all timed-out sessions of the selected database now, like the timed cleanup pass, and
//! returns their number.
//!
//! O(m log n) for m timed-out sessions, in slices with the client blocked and other clients served;
//! inside MULTI, a script or another module's call in one go. In a cluster each node processes its
//! own slots; if some are being moved, it processes all others and returns TRYAGAIN.

use super::args::Args;
use super::reply::{Answer, View};
use super::{Command, Kind, Replies, Routing, Spec, Subject};
use crate::store::{Backend, Store, Work};
use sessions_model::error::Error;

#[derive(Debug)]
pub(crate) struct Wipe;

impl Command for Wipe {
    const SPEC: Spec = Spec {
        name: "SESSIONS.WIPE",
        arguments: &[],
        summary: "Removes all timed-out sessions now",
        complexity: "O(m log n) for n sessions, m of them timed out, in slices",
        kind: Kind::Dangerous,
        subject: Subject::AllApps,
        routing: Routing::AllShards {
            replies: Replies::Summed,
        },
    };
    type Request<'a> = ();

    fn parse<'a>(_args: &mut Args<'a>) -> Result<(), Error> {
        Ok(())
    }

    fn run<K: Backend>((): (), store: &Store<'_, K>) -> Result<Answer<K::Bytes>, Error> {
        Ok(Answer::Work(Work::wipe(store.now()), View::default()))
    }
}
