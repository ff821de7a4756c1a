//! Aliases that another program has written or changed: none leads to a session that does not
//! agree.

use super::*;

/// The stored fields of an alias and which of them agree with the session.
fn put<V: AsRef<[u8]>>(client: &mut Client, key: &str, fields: &[(&str, V)]) {
    client.run(&["DEL", key]);
    for (name, value) in fields {
        client.run(&[b"HSET", key.as_bytes(), name.as_bytes(), value.as_ref()]);
    }
}

#[test]
fn an_alias_leads_to_the_session_only_if_all_fields_agree() {
    in_both_storages(&[], |site, client| {
        let (old, new) = graced(client, "bob", "60");
        let sealed = client.run(&["HGET", &site.key(&old), "sealed"]);
        let elsewhere = create(client, "web", "eve", &[]);
        let genuine = hash(client, "web", &site.name(&old));
        let value_of = |name: &str| {
            genuine
                .iter()
                .find(|(of, _)| of == name)
                .map_or("", |(_, value)| value.as_str())
        };
        let until: i64 = value_of("until").parse().expect("a number");
        let since: i64 = value_of("since").parse().expect("a number");
        let [earlier, later, far] = [until - 1, until + 1, until + 100_000].map(|until| until.to_string());
        let other_since = (since - 1).to_string();
        let untils = [
            Some(value_of("until")),
            None,
            Some(&earlier),
            Some(&later),
            Some(&far),
            Some("soon"),
            Some(""),
        ];
        let ofs = [Some("bob"), None, Some(""), Some("eve"), Some("bob ")];
        let sinces = [Some(value_of("since")), None, Some(&other_since), Some("x"), Some("")];
        let targets = if site.is_hashed {
            [
                Some(("sealed", sealed.bytes())),
                None,
                Some(("sealed", &b"short"[..])),
                Some(("sealed", new.as_bytes())),
            ]
        } else {
            [
                Some(("to", new.as_bytes())),
                None,
                Some(("to", &b"short"[..])),
                Some(("to", elsewhere.as_bytes())),
            ]
        };
        let key = site.key(&old);
        let mut led = 0;
        for until in untils {
            for of in ofs {
                for since in sinces {
                    for target in targets {
                        let named = [("until", until), ("of", of), ("since", since)];
                        let fields: Vec<(&str, &[u8])> = named
                            .into_iter()
                            .filter_map(|(name, value)| Some((name, value?.as_bytes())))
                            .chain(target)
                            .collect();
                        if fields.is_empty() {
                            continue;
                        }
                        put(client, &key, &fields);
                        let agrees = (until, of, since, target) == (untils[0], ofs[0], sinces[0], targets[0]);
                        assert_eq!(exists(client, &old), agrees, "{fields:?}");
                        led += usize::from(agrees);
                    }
                }
            }
        }
        assert_eq!(led, 1);
        assert!(exists(client, &new) && exists(client, &elsewhere));
    });
}

#[test]
fn a_sealed_alias_is_written_binary_and_cannot_be_read_from_another_name() {
    in_both_storages(&[], |site, client| {
        let (old, new) = graced(client, "bob", "60");
        // The alias under the name of another token, which an attacker has chosen.
        let chosen = token_of('c');
        client.run(&["COPY", &site.key(&old), &site.key(&chosen)]);
        assert_eq!(exists(client, &chosen), !site.is_hashed, "sealed by the old token");
        if site.is_hashed {
            let sealed = client.run(&["HGET", &site.key(&old), "sealed"]);
            assert_eq!(sealed.bytes().len(), 80);
            assert!(
                !sealed
                    .bytes()
                    .windows(8)
                    .any(|part| new.as_bytes().windows(8).any(|of| of == part))
            );
            // The stored names, taken for tokens, open nothing.
            for token in [&old, &new] {
                let name = site.name(token);
                assert!(!exists(client, &name));
                for options in ["GRACE 60", "ID bob", "ANON"] {
                    assert_eq!(rotate(client, &name, options), None, "{options}");
                }
                assert_eq!(client.run(&["SESSIONS.KILL", "web", &name]), Reply::Int(0));
            }
            assert!(exists(client, &new));
        }
    });
}

#[test]
fn an_alias_without_the_mark_in_its_session_leads_nowhere() {
    in_both_storages(&[], |site, client| {
        for mark in ["", "0", "1", "soon", "9999999999", "-1"] {
            let (old, new) = graced(client, "bob", "60");
            if mark.is_empty() {
                client.run(&["HDEL", &site.key(&new), "graced"]);
            } else {
                client.run(&["HSET", &site.key(&new), "graced", mark]);
            }
            assert_unknown(client, &old);
            let next = rotate(client, &new, "GRACE 60").expect("a token");
            assert_ne!(next, new, "no mark holds a token fast: {mark:?}");
            assert!(exists(client, &new));
            client.run(&["SESSIONS.KILLALL", "web"]);
        }
    });
}

#[test]
fn an_alias_of_an_alias_of_itself_or_of_a_broken_session_leads_nowhere() {
    in_both_storages(&[], |site, client| {
        if site.is_hashed {
            return;
        }
        let (old, new) = graced(client, "bob", "60");
        let genuine = hash(client, "web", &old);
        let outer = token_of('x');
        for to in [old.as_str(), outer.as_str()] {
            let fields: Vec<(&str, &str)> = genuine
                .iter()
                .map(|(name, value)| (name.as_str(), if name == "to" { to } else { value }))
                .collect();
            put(client, &format!("rs:web:{outer}"), &fields);
            assert_unknown(client, &outer);
        }
        for broken in ["la", "ttl", "id"] {
            client.run(&["HDEL", &format!("rs:web:{new}"), broken]);
            assert_unknown(client, &old);
        }
    });
}

#[test]
fn an_alias_of_the_wrong_type_is_wrongtype_and_one_with_very_many_fields_is_ignored() {
    in_both_storages(&[], |site, client| {
        let (old, new) = graced(client, "bob", "60");
        for number in 0..40 {
            client.run(&["HSET", &site.key(&old), &format!("theirs{number}"), "1"]);
        }
        assert!(!exists(client, &old));
        client.run(&["DEL", &site.key(&old)]);
        client.run(&["SET", &site.key(&old), "x"]);
        assert_eq!(client.run(&["SESSIONS.GET", "web", &old]).error(), WRONGTYPE);
        assert!(exists(client, &new));
    });
}
