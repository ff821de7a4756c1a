//! Work in slices when the machine's clock is set back.

use crate::harness::*;

#[test]
fn work_continues_when_the_clock_is_set_back() {
    for seconds in [-30, -3600] {
        for work in [
            "SESSIONS.KILLALL web",
            "SESSIONS.KILLSOID web u:0",
            "SESSIONS.COUNTSOID web u:0",
        ] {
            let server = Server::builder().own_clock().start();
            let mut client = server.client();
            let planted = Planted {
                count: 20_000,
                idle: 7000,
                ..Planted::default()
            };
            planted.plant(&mut client);
            let mut caller = server.client();
            let words: Vec<&str> = work.split(' ').collect();
            caller.send(&words);
            wait_until(GENEROUS, "the caller is blocked", || {
                server.info("blocked_clients") == "1"
            });
            server.set_calendar(seconds);
            assert_eq!(caller.receive(), Reply::Int(20_000), "{work}, {seconds} s");
            wait_until(GENEROUS, "the module unloads", || {
                client.run(&["MODULE", "UNLOAD", "sessions"]) == "OK".into()
            });
        }
    }
}
