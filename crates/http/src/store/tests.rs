//! Error replies, from the Redis client to the problem.

#![allow(clippy::unwrap_used, reason = "a test ends by panicking")]

use super::Failure;
use crate::problem::{Kind, Problem};
use sessions_model::error::{DataError, Error, Scope, SyntaxReason};

/// The failure for an error reply that has passed through the Redis client.
fn failure(reply: &str) -> Failure {
    let reply = redis::parse_redis_value(format!("-{reply}\r\n").as_bytes()).unwrap();
    reply.extract_error().unwrap_err().into()
}

#[test]
fn every_error_of_the_module_has_its_problem() {
    let syntax = Error::Syntax {
        reason: SyntaxReason::Requires("REJECT", "MAX"),
        syntax: "SESSIONS.SAVE app".into(),
    };
    let data = Error::InvalidData(DataError::Broken { line: 1, column: 8 });
    for (kind, errors) in [
        (
            Kind::InvalidArgument,
            vec![
                syntax,
                Error::InvalidApp,
                Error::InvalidId,
                Error::EmptyId,
                Error::InvalidSid,
                Error::InvalidToken,
                Error::InvalidIp,
                Error::InvalidKey,
                Error::InvalidN,
                Error::InvalidTtl,
                Error::InvalidLifetime,
                Error::InvalidGrace,
                Error::InvalidDt,
                Error::InvalidWrites,
                Error::InvalidMax,
                Error::InvalidLimit,
                data,
            ],
        ),
        (Kind::TooLarge, vec![Error::DataTooLarge { max_bytes: 65_536 }]),
        (Kind::DataNotAnObject, vec![Error::StoredDataNotAnObject]),
        (Kind::NotANumber, vec![Error::NotAWholeNumber]),
        (Kind::OutOfRange, vec![Error::OutOfRange]),
        (Kind::Conflict, vec![Error::Conflict]),
        (Kind::Limit, vec![Error::TooManySessions]),
        (Kind::CrossSlot, vec![Error::CrossSlot]),
        (Kind::Unavailable, vec![Error::TryAgain, Error::Unblocked]),
        (
            Kind::NoPermission,
            vec![Error::NoPermission(Scope::App), Error::NoPermission(Scope::AllApps)],
        ),
        (
            Kind::Internal,
            vec![
                Error::WrongArity,
                Error::WrongType,
                Error::NoRandom,
                Error::TokensHashed,
                Error::Internal,
            ],
        ),
    ] {
        for error in errors {
            let problem = Problem::from(failure(&error.to_string()));
            assert_eq!(problem.kind, kind, "{error}");
            let text = error.to_string();
            let words = text.strip_prefix("ERR ").unwrap_or_default();
            if matches!(kind, Kind::InvalidArgument | Kind::TooLarge) {
                assert_eq!(problem.detail, words, "the module's words are passed on");
            }
        }
    }
}

#[test]
fn every_error_of_the_server_itself_has_its_problem() {
    for (reply, kind) in [
        ("LOADING Redis is loading the dataset in memory", Kind::Unavailable),
        (
            "MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.",
            Kind::Unavailable,
        ),
        (
            "READONLY You can't write against a read only replica.",
            Kind::Unavailable,
        ),
        ("NOREPLICAS Not enough good replicas to write.", Kind::Unavailable),
        (
            "MISCONF Errors writing to the AOF file: No space left on device",
            Kind::Unavailable,
        ),
        (
            "OOM command not allowed when used memory > 'maxmemory'.",
            Kind::Unavailable,
        ),
        ("CLUSTERDOWN The cluster is down", Kind::Unavailable),
        ("CLUSTERDOWN Hash slot not served", Kind::Unavailable),
        (
            "TRYAGAIN Multiple keys request during rehashing of slot",
            Kind::Unavailable,
        ),
        ("MOVED 3999 127.0.0.1:6381", Kind::Unavailable),
        ("ASK 3999 127.0.0.1:6381", Kind::Unavailable),
        (
            "BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.",
            Kind::Unavailable,
        ),
        (
            "UNBLOCKED force unblock from blocking operation, instance state changed (master -> replica?)",
            Kind::Unavailable,
        ),
        ("NOAUTH Authentication required.", Kind::NoPermission),
        (
            "WRONGPASS invalid username-password pair or user is disabled.",
            Kind::NoPermission,
        ),
        (
            "NOPERM User web has no permissions to run the 'sessions.get' command",
            Kind::NoPermission,
        ),
        (
            "ERR unknown command 'SESSIONS.GET', with args beginning with: 'web' 's3cret' ",
            Kind::NoModule,
        ),
        (
            "WRONGTYPE Operation against a key holding the wrong kind of value",
            Kind::Internal,
        ),
        (
            "ERR wrong number of arguments for 'sessions.get' command",
            Kind::Internal,
        ),
        ("SOMETHING", Kind::Internal),
    ] {
        let problem = Problem::from(failure(reply));
        assert_eq!(problem.kind, kind, "{reply}");
        assert!(!problem.detail.contains("s3cret"), "{}", problem.detail);
    }
}
