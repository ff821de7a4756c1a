//! Stored names, sent as tokens: a person who has a copy of the data knows all stored names.

use super::*;

/// Users' and visitors' sessions, timed out ones, aliases, and a hash with both an `id` and
/// `hashed`.
fn fill(client: &mut Client) {
    for number in 0..3 {
        create(client, "web", "bob", &["DATA", r#"{"n":1}"#]);
        create(client, "web", "", &["ANON"]);
        let own = number.to_string().repeat(64);
        client.run(&["SESSIONS.SAVE", "web", &own, r#"{"n":1}"#, "ID", "bob"]);
    }
    for options in [&["GRACE", "60"][..], &["ID", "bob", "GRACE", "60"]] {
        let token = create(client, "web", "bob", &[]);
        client
            .run(&[&["SESSIONS.ROTATE", "web", &token], options].concat())
            .text();
    }
    let timed_out = create(client, "web", "bob", &[]);
    age(client, "web", &stored_name(&timed_out), 8000);
    let both = create(client, "web", "bob", &[]);
    let key = format!("rs:web:{}", stored_name(&both));
    client.run(&["HSET", &key, "id", "bob"]);
}

fn stored_names(client: &mut Client) -> Vec<String> {
    let reply = client.line("KEYS rs:web:*");
    let names = reply.texts().into_iter().filter_map(|key| key.strip_prefix("rs:web:"));
    names.filter(|name| is_token(name)).map(ToOwned::to_owned).collect()
}

#[test]
fn a_stored_name_opens_changes_and_ends_nothing_whatever_the_setting() {
    let mut server = Server::builder().aof().line(ON).start();
    fill(&mut server.client());
    for setting in [ON, OFF] {
        restart_as(&mut server, setting);
        let mut client = server.client();
        let names = stored_names(&mut client);
        assert_eq!(names.len(), 15);
        let before = digest(&mut client);
        for name in &names {
            for (command, more, nothing) in [
                ("GET", &[][..], Reply::Nil),
                ("GET", &["JSON"], Reply::Nil),
                ("PEEK", &[], Reply::Nil),
                ("SET", &[r#"{"a":1}"#], Reply::Nil),
                ("SET", &["{}", "TTL", "5"], Reply::Nil),
                ("INCR", &["n"], Reply::Nil),
                ("TOUCH", &[], Reply::Int(0)),
                ("EXISTS", &[], Reply::Int(0)),
                ("ROTATE", &[], Reply::Nil),
                ("ROTATE", &["GRACE", "60"], Reply::Nil),
                ("ROTATE", &["ID", "bob"], Reply::Nil),
                ("ROTATE", &["ID", "bob", "GRACE", "60"], Reply::Nil),
                ("ROTATE", &["ANON"], Reply::Nil),
                ("KILL", &[], Reply::Int(0)),
            ] {
                let command = format!("SESSIONS.{command}");
                let words = [&[command.as_str(), "web", name], more].concat();
                assert_eq!(client.run(&words), nothing, "{setting}: {command} {more:?}");
            }
            if hash_field(&mut client, "web", name, "hashed").is_some() {
                for more in [&[][..], &["NX"], &["XX"], &["ID", "eve"], &["ANON"], &["IFW", "1"]] {
                    let words = [&["SESSIONS.SAVE", "web", name, "{}"], more].concat();
                    let refused = client.run(&words);
                    let error = "ERR invalid token: exactly 64 characters of A-Z a-z 0-9";
                    assert_eq!(refused.error(), error, "{setting}: {more:?}");
                }
            }
            let twice = stored_name(name);
            assert!(!exists(&mut client, &twice));
        }
        assert_eq!(digest(&mut client), before, "{setting}");
    }
}

#[test]
fn a_stored_name_excepts_nothing_from_killsoid() {
    for setting in [ON, OFF] {
        let mut server = Server::builder().aof().line(ON).start();
        let token = create(&mut server.client(), "web", "bob", &[]);
        restart_as(&mut server, setting);
        let mut client = server.client();
        let killed = client.run(&["SESSIONS.KILLSOID", "web", "bob", "EXCEPT", &stored_name(&token)]);
        assert_eq!(killed, Reply::Int(1), "{setting}");
        assert_no_keys(&mut client);
    }
}

#[test]
fn a_hash_with_an_id_and_a_hashed_id_is_found_by_its_token_alone_and_is_whole_again_after_a_rotation() {
    let server = Server::builder().line(ON).start();
    let mut client = server.client();
    let token = create(&mut client, "web", "bob", &[]);
    let name = stored_name(&token);
    client.run(&["HSET", &format!("rs:web:{name}"), "id", "eve"]);
    assert_eq!(client.run(&["SESSIONS.GET", "web", &token]).session().text("id"), "bob");
    assert!(client.run(&["SESSIONS.GET", "web", &name]).is_nil());
    assert_eq!(client.line("SESSIONS.SOID web bob").list().len(), 1);
    assert_eq!(client.line("SESSIONS.SOID web eve").list().len(), 0);
    // No token leads to such a hash under a plain name.
    let planted = token_of('p');
    let la = now(&mut client).to_string();
    plant(
        &mut client,
        "web",
        &planted,
        &[("id", "bob"), ("la", &la), ("ttl", "900")],
    );
    assert!(exists(&mut client, &planted));
    client.run(&["HSET", &format!("rs:web:{planted}"), "hashed", "bob"]);
    assert!(!exists(&mut client, &planted));
    client.run(&["HDEL", &format!("rs:web:{planted}"), "hashed"]);

    let rotated = client.run(&["SESSIONS.ROTATE", "web", &token]).text().to_owned();
    let name = stored_name(&rotated);
    assert_eq!(hash_field(&mut client, "web", &name, "id"), None);
    assert_eq!(hash_field(&mut client, "web", &name, "hashed").as_deref(), Some("bob"));
    assert_whole(&mut client);
}
