//! Commands that the server did not run for the module, remembered until a command or a step of
//! background work ends.
//!
//! The store's writes return nothing: it opens and type-checks all keys before it writes. If the
//! server still refuses a write, the command must not reply as if the write had been done.

use std::cell::Cell;

use super::builtin::Builtin;
use super::{Context, log};
use sessions_model::error::Error;

/// How one of the server's commands failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Failure {
    NotRun,
    ReturnedError,
    UnexpectedReply,
    NotReplicated,
}

impl Failure {
    /// Describes the failure without the server's own text, which may contain what a client sent.
    fn describe(self, command: Builtin) -> String {
        let name = command.as_str();
        match self {
            Self::NotRun => format!("the server did not run {name}"),
            Self::ReturnedError => format!("{name} returned an error"),
            Self::UnexpectedReply => format!("{name} returned an unexpected reply"),
            Self::NotReplicated => format!("{name} could not be sent to replicas and the AOF"),
        }
    }
}

thread_local! {
    /// The first failure. A call from the server stays in its thread.
    static FIRST: Cell<Option<(Builtin, Failure)>> = const { Cell::new(None) };
}

/// Remembers a failure; only the first of a command or a step is reported.
pub(super) fn note(command: Builtin, failure: Failure) {
    if FIRST.get().is_none() {
        FIRST.set(Some((command, failure)));
    }
}

/// Runs a command or a step of work. A failure of a server command during that time is logged and
/// becomes its error.
pub(super) fn watched<T>(context: Context<'_>, name: &str, run: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
    let (result, failure) = with_failure(run);
    match failure {
        Some((command, failure)) => {
            log::warning(
                context,
                &format!("internal error in {name}: {}", failure.describe(command)),
            );
            Err(Error::Internal)
        }
        None => result,
    }
}

/// Another module may call a command of this module from within a command: each has its own
/// failures.
fn with_failure<T>(run: impl FnOnce() -> T) -> (T, Option<(Builtin, Failure)>) {
    let _outer = Outer(FIRST.take());
    let result = run();
    (result, FIRST.take())
}

/// The failure of the surrounding command, which is restored on drop, even after a panic.
struct Outer(Option<(Builtin, Failure)>);

impl Drop for Outer {
    fn drop(&mut self) {
        FIRST.set(self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::guard::guarded;

    #[test]
    fn the_first_failure_is_remembered() {
        let ((), failure) = with_failure(|| {
            note(Builtin::SAdd, Failure::NotRun);
            note(Builtin::ZAdd, Failure::NotReplicated);
        });
        assert_eq!(failure, Some((Builtin::SAdd, Failure::NotRun)));
        assert_eq!(with_failure(|| ()).1, None);
    }

    #[test]
    fn a_command_within_another_has_its_own_failures() {
        let ((), outer) = with_failure(|| {
            note(Builtin::SAdd, Failure::NotRun);
            assert_eq!(with_failure(|| ()).1, None);
            let ((), inner) = with_failure(|| note(Builtin::SRem, Failure::ReturnedError));
            assert_eq!(inner, Some((Builtin::SRem, Failure::ReturnedError)));
        });
        assert_eq!(outer, Some((Builtin::SAdd, Failure::NotRun)));
    }

    #[test]
    fn a_panic_leaves_no_failure_behind() {
        let panicked = guarded(|| {
            with_failure(|| {
                note(Builtin::SAdd, Failure::NotRun);
                panic!("on purpose");
            })
        });
        assert!(panicked.is_none());
        assert_eq!(FIRST.get(), None);
    }
}
