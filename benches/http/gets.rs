//! GET of a session, in turn from rest-sessions, from the same route of the service, and from
//! `/v1`, on one server.

use sessions_harness::Endpoint;

use crate::Effort;
use crate::compared::{Ours, RestSessions, Sessions, service};
use crate::load::{Load, Target};

/// Requests in progress at once.
pub(crate) const CONNECTIONS: usize = 32;

pub(crate) struct Gets {
    pub(crate) rest_sessions: Vec<Load>,
    pub(crate) legacy: Vec<Load>,
    pub(crate) v1: Vec<Load>,
}

pub(crate) fn measure(sessions: &Sessions, effort: &Effort) -> Gets {
    let redis = sessions.server.port();
    // The measured service has the first CPU to itself; Redis and the load generator share the
    // second.
    let (theirs, ours) = (RestSessions::start(redis, "0"), service(redis, "0"));
    assert_same(sessions, &theirs, &ours);
    let targets = [
        Target {
            port: theirs.port,
            path: "/webapp/get/TOKEN",
            headers: Vec::new(),
        },
        Target {
            port: ours.legacy.port(),
            path: "/webapp/get/TOKEN",
            headers: vec![ours.authorization()],
        },
        Target {
            port: ours.service.port(),
            path: "/v1/apps/webapp/session",
            headers: vec![ours.authorization(), "Session-Token: TOKEN".into()],
        },
    ];
    let mut loads = [Vec::new(), Vec::new(), Vec::new()];
    for target in &targets {
        target.load(&sessions.tokens(), CONNECTIONS, effort.warm_up);
    }
    for round in 0..effort.rounds {
        for turn in 0..3 {
            let which = (round + turn) % 3;
            let load = targets[which].load(&sessions.tokens(), CONNECTIONS, effort.seconds);
            eprintln!("{}:{} {load:?}", targets[which].port, targets[which].path);
            loads[which].push(load);
        }
    }
    let [rest_sessions, legacy, v1] = loads;
    Gets {
        rest_sessions,
        legacy,
        v1,
    }
}

/// Checks that both services show the session and count the use.
fn assert_same(sessions: &Sessions, theirs: &RestSessions, ours: &Ours) {
    let path = format!("/webapp/get/{}", sessions.first_token());
    let before = Endpoint::at_port(theirs.port).get(&path).send().json();
    let after = ours.legacy.as_key(ours.service.key("bench")).get(&path).send().json();
    assert_eq!((&before["id"], &before["d"]), (&after["id"], &after["d"]));
    assert_eq!(before["r"].as_i64().unwrap() + 1, after["r"].as_i64().unwrap());
}
