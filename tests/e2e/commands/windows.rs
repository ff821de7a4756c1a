//! Exact windows over inexact scores: the hashes of up to 500 members whose score is up to 10 s
//! before the window are read; for the others, only the scores decide.

use crate::harness::*;

const DT: i64 = 1000;

/// Plants `count` sessions whose score is before the window from `time - DT` and whose la is in it;
/// session n belongs to `u:{n % ids}`.
fn plant_at_the_edge(client: &mut Client, time: i64, count: usize, ids: usize) {
    let token = token_in_step(time - DT - 4, 0, 'x');
    let planted = Planted {
        first: &token[..1],
        count: count as i64,
        ids: ids as i64,
        idle: DT - 5,
        behind: 9,
        ..Planted::default()
    };
    planted.plant(client);
}

/// COUNT, SOAPP, ACTIVITY and USERS over `dt`.
fn answers(client: &mut Client, dt: i64) -> [i64; 4] {
    let dt = dt.to_string();
    [
        client.run(&["SESSIONS.COUNT", "web", "DT", &dt]).int(),
        client.run(&["SESSIONS.SOAPP", "web", &dt]).list().len() as i64,
        client.run(&["SESSIONS.ACTIVITY", "web", &dt]).int(),
        client.run(&["SESSIONS.USERS", "web", &dt]).list().len() as i64,
    ]
}

fn at_the_edge(client: &mut Client, count: usize, ids: usize) -> [i64; 4] {
    in_one_second(client, |client, time| {
        plant_at_the_edge(client, time, count, ids);
        answers(client, DT)
    })
}

#[test]
fn a_score_of_an_earlier_step_does_not_hide_a_session_used_in_the_window() {
    let server = Server::start();
    let mut client = server.client();
    for (count, ids) in [(1, 1), (7, 3), (500, 500), (500, 1)] {
        let wanted = [count, count, ids, ids].map(|number| number as i64);
        assert_eq!(
            at_the_edge(&mut client, count, ids),
            wanted,
            "{count} sessions of {ids} ids"
        );
    }
}

#[test]
fn beyond_500_hash_reads_scores_alone_decide_about_lists_and_samples_about_counts() {
    let server = Server::start();
    let mut client = server.client();
    // All sessions are active. The sessions of an id that has more than 500 are not read.
    for (sessions, ids, active) in [(501, 501, 501), (600, 1, 0), (600, 100, 100)] {
        let [count, listed, activity, users] = at_the_edge(&mut client, sessions, ids);
        assert_eq!(
            [count, listed, activity, users],
            [sessions as i64, 0, active, 0],
            "{sessions} sessions of {ids} ids"
        );
    }
}

#[test]
fn the_window_begins_exactly_dt_seconds_back() {
    let server = Server::start();
    let mut client = server.client();
    // The score is dt + 4 seconds back, la is dt - 5 seconds back: a window of dt - 5 still
    // contains the session.
    let found = in_one_second(&mut client, |client, time| {
        plant_at_the_edge(client, time, 3, 2);
        [DT - 5, DT - 6].map(|dt| answers(client, dt))
    });
    assert_eq!(found, [[3, 3, 2, 2], [0; 4]]);
}

#[test]
fn the_hash_decides_against_a_stale_member_at_the_edge() {
    let server = Server::start();
    let mut client = server.client();
    let found = in_one_second(&mut client, |client, time| {
        plant_at_the_edge(client, time, 4, 4);
        let members = client.run(&["ZRANGE", "rs:web:_sessions", "0", "-1"]);
        let keys: Vec<String> = members.texts().iter().map(|m| format!("rs:web:{}", &m[..64])).collect();
        client.run(&["DEL", &keys[0]]);
        client.run(&["HDEL", &keys[1], "id"]);
        client.run(&["HSET", &keys[2], "la", "1000"]);
        answers(client, DT)
    });
    assert_eq!(found, [1; 4]);
}
