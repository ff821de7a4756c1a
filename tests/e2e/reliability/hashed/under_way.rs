//! While KILLALL or KILLSOID is about to end a session, a use does not move it to its stored name.

use super::*;

const MANY: i64 = 20_000;

#[test]
fn no_session_is_moved_that_killall_or_killsoid_is_about_to_end() {
    for (work, spared_id) in [
        ("SESSIONS.KILLALL web", None),
        ("SESSIONS.KILLSOID web u:0", Some("u:1")),
    ] {
        let mut server = Server::builder().aof().line(OFF).start();
        let mut client = server.client();
        let planted = Planted {
            count: MANY,
            idle: 100,
            ..Planted::default()
        };
        planted.plant(&mut client);
        let elsewhere = create(&mut client, "shop", "u:0", &[]);
        let spared = spared_id.map(|id| create(&mut client, "web", id, &[]));
        restart_as(&mut server, ON);
        let mut client = server.client();
        let mut caller = server.client();
        caller.send(&work.split(' ').collect::<Vec<_>>());
        wait_until(GENEROUS, "the caller is blocked", || {
            server.info("blocked_clients") == "1"
        });
        // Starts at the end that is killed last.
        let mut used = 0;
        let mut tokens = (0..MANY).rev().map(|number| format!("{:064}", number + 1));
        while server.info("blocked_clients") == "1" {
            for token in tokens.by_ref().take(50) {
                used += i32::from(!client.run(&["SESSIONS.GET", "web", &token]).is_nil());
            }
        }
        assert!(used > 0, "{work} was over at once");
        assert_eq!(caller.receive(), Reply::Int(MANY), "{work}");
        assert_eq!(moved(&server), 0, "{work}");
        client.run(&["SESSIONS.GET", "shop", &elsewhere]).session();
        let spared: Vec<String> = spared.into_iter().collect();
        for token in &spared {
            client.run(&["SESSIONS.GET", "web", token]).session();
        }
        assert_eq!(moved(&server), 1 + spared.len() as i64);
        assert_whole(&mut client);
    }
}

#[test]
fn sessions_that_others_move_during_the_killing_are_killed_too() {
    let mut server = Server::builder().aof().line(OFF).start();
    for work in ["SESSIONS.KILLALL web", "SESSIONS.KILLSOID web u:0"] {
        let mut client = server.client();
        let planted = Planted {
            count: MANY,
            idle: 100,
            ..Planted::default()
        };
        planted.plant(&mut client);
        restart_as(&mut server, ON);
        let mut client = server.client();
        for number in 0..500 {
            client
                .run(&["SESSIONS.GET", "web", &format!("{:064}", 1 + number * 39)])
                .session();
        }
        assert_eq!(moved(&server), 500);
        assert_eq!(client.line(work), Reply::Int(MANY), "{work}");
        assert_no_keys(&mut client);
        restart_as(&mut server, OFF);
    }
}
