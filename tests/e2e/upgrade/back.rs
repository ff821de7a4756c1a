//! Back to an earlier version, and to a server without the module.

use super::files::{Folder, is_other, loads};
use super::users::{APP, Users};
use crate::commands::digest;
use crate::harness::*;

#[test]
fn an_earlier_version_takes_over_again() {
    let folder = Folder::new();
    let (earlier, newer) = (folder.other_module("earlier.so"), folder.module("newer.so"));
    let builder = Server::builder().without_module().line(loads(&newer)).aof();
    let mut server = builder.start();
    let users = Users::start(&server, 3);
    users.run(500);
    for module in [&earlier, &newer, &earlier] {
        server.restart_with(|line| {
            let ours = line.starts_with("loadmodule ");
            Some(if ours { loads(module) } else { line.to_owned() })
        });
        assert_eq!(is_other(&mut server.client()), module == &earlier);
        users.run(500);
    }
    users.stop_and_find_everything(&[&server]);
}

#[test]
fn a_server_without_the_module_has_the_data_and_the_module_finds_it_again() {
    for how in ["AOF", "RDB"] {
        let mut builder = Server::builder().line("sessions.ttl 600");
        if how == "AOF" {
            builder = builder.aof();
        }
        let mut server = builder.start();
        let mut client = server.client();
        let token = create(&mut client, APP, "u1", &["DATA", r#"{"cart":3}"#]);
        for _ in 0..50 {
            create(&mut client, APP, "u2", &["LIFETIME", "1000"]);
        }
        if how == "RDB" {
            assert_eq!(client.line("SAVE"), "OK".into());
        }
        let wanted = digest(&mut client);
        drop(client);

        let conf = server.conf();
        server.restart_with(|line| {
            let ours = line.starts_with("loadmodule ") || line.starts_with("sessions.");
            (!ours).then(|| line.to_owned())
        });
        let mut client = server.client();
        assert_eq!(digest(&mut client), wanted, "{how}");
        assert_eq!(
            hash_field(&mut client, APP, &token, "d").as_deref(),
            Some(r#"{"cart":3}"#)
        );
        assert_eq!(client.line("ZCARD rs:web:_sessions"), Reply::Int(51), "{how}");
        let unknown = client.run(&["SESSIONS.GET", APP, &token]);
        assert!(unknown.error().starts_with("ERR unknown command"), "{unknown:?}");
        drop(client);

        let mut as_before = Some(conf);
        server.restart_with(|_| as_before.take());
        let mut client = server.client();
        assert_eq!(digest(&mut client), wanted, "{how}: restarted as before");
        assert_eq!(client.line("CONFIG GET sessions.ttl").texts()[1], "600");
        assert_eq!(
            client.run(&["SESSIONS.GET", APP, &token]).session().text("d"),
            r#"{"cart":3}"#
        );
    }
}
