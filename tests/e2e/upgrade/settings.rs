//! Settings and access rules after the module is unloaded and loaded again.

use crate::harness::*;

#[track_caller]
fn ttl(client: &mut Client) -> String {
    client.line("CONFIG GET sessions.ttl").texts()[1].to_owned()
}

#[test]
fn settings_of_redis_conf_apply_only_at_the_start_and_are_named_again_at_a_reload() {
    let mut server = Server::builder().line("sessions.ttl 600").start();
    let mut client = server.client();
    let load = format!("MODULE LOAD {}", module_path().display());
    assert_eq!(ttl(&mut client), "600");
    assert_eq!(client.line("MODULE UNLOAD sessions"), "OK".into());
    assert_eq!(client.line(&load), "OK".into());
    assert_eq!(ttl(&mut client), "7200", "MODULE LOAD has the defaults");
    assert_eq!(client.line("MODULE UNLOAD sessions"), "OK".into());
    let load = load.replace("LOAD", "LOADEX") + " CONFIG sessions.ttl 600";
    assert_eq!(client.line(&load), "OK".into());
    assert_eq!(ttl(&mut client), "600");
    drop(client);
    server.restart();
    assert_eq!(ttl(&mut server.client()), "600", "redis.conf is as it was");
}

/// Only on Redis 7.0: newer servers crash or refuse, as docs/upgrade.md says.
#[test]
fn on_redis_7_0_users_keep_their_rights_over_a_reload() {
    let server = Server::start();
    let mut client = server.client();
    if !server.info("redis_version").starts_with("7.0.") || client.line("INFO server").text().contains("valkey_") {
        return;
    }
    client.line("ACL SETUSER webapp on nopass resetchannels ~rs:webapp:* -@all +@connection +sessions.create");
    let mut user = server.client();
    assert_eq!(user.line("AUTH webapp x"), "OK".into());
    create(&mut user, "webapp", "u1", &[]);
    for _ in 0..3 {
        assert_eq!(client.line("MODULE UNLOAD sessions"), "OK".into());
        let load = format!("MODULE LOAD {}", module_path().display());
        assert_eq!(client.line(&load), "OK".into());
        create(&mut user, "webapp", "u1", &[]);
        let refused = user.line("SESSIONS.COUNT webapp");
        assert!(refused.error().starts_with("NOPERM "), "{refused:?}");
    }
    assert_eq!(client.line("SESSIONS.COUNT webapp"), Reply::Int(4));
}
