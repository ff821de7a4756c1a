//! The audit stream.

use super::*;

const STREAM: &str = "rs:web:_audit";

fn audited_at(memory: &Memory, now: Seconds) -> Store<'_, Memory> {
    let rules = Rules {
        audit_length: Some(100),
        ..rules()
    };
    Store::new(memory, rules, Part::Whole, now)
}

/// The stream's entries, oldest first, their fields as `name=value`.
fn entries(memory: &Memory) -> Vec<String> {
    let Some(Value::Stream(entries)) = memory.get(STREAM.as_bytes()) else {
        return Vec::new();
    };
    let text = |(name, value): &(String, Vec<u8>)| format!("{name}={}", String::from_utf8_lossy(value));
    let line = |entry: &Vec<(String, Vec<u8>)>| entry.iter().map(text).collect::<Vec<_>>().join(" ");
    entries.iter().map(line).collect()
}

fn last(memory: &Memory) -> String {
    entries(memory).pop().unwrap_or_default()
}

fn sid(token: Token) -> String {
    format!("{:?}", token.sid())
}

fn from(ip: &'static str, user_agent: &'static str) -> Client<'static> {
    Client {
        ip: Some(Some(Ip::parse(ip.as_bytes()).unwrap().unwrap())),
        user_agent: Some(UserAgent::parse(user_agent.as_bytes())),
    }
}

fn run_audited(memory: &Memory, mut work: Work, now: Seconds) -> u64 {
    while work.step(&audited_at(memory, now)).unwrap() == Progress::Unfinished {}
    work.count()
}

/// A session of an id, with an address.
fn create_audited(memory: &Memory, of: &str) -> Token {
    let new = NewSession {
        client: from("::1", "Browser"),
        ..new(of)
    };
    make(&audited_at(memory, START), &new, of)
}

#[test]
fn every_event_of_a_session_is_an_entry() {
    let memory = Memory::default();
    let store = audited_at(&memory, START);
    let token = create_audited(&memory, "bob");
    let bob = |token: Token| format!("sid={} id=bob ip=::1 ua=Browser", sid(token));
    assert_eq!(entries(&memory), [format!("event=create {}", bob(token))]);

    let found = store.find(web(), token).unwrap().unwrap();
    let rotated = rotate(&store, found, None).unwrap().unwrap();
    let expected = format!("event=rotate {} old_sid={} old_id=bob", bob(rotated), sid(token));
    assert_eq!(last(&memory), expected);

    assert_eq!(store.kill(web(), rotated), Ok(true));
    assert_eq!(last(&memory), format!("event=kill {} cause=kill", bob(rotated)));

    let token = create_audited(&memory, "bob");
    assert_eq!(
        run_audited(
            &memory,
            Work::kill_of_id(Part::Whole, web(), id("bob"), Which::All, START),
            START
        ),
        1
    );
    assert_eq!(last(&memory), format!("event=kill {} cause=killsoid", bob(token)));

    let token = create_audited(&memory, "bob");
    assert_eq!(run_audited(&memory, Work::kill_of_app(web(), START), START), 1);
    assert_eq!(last(&memory), format!("event=kill {} cause=killall", bob(token)));

    let token = create_audited(&memory, "bob");
    let later = START + 1000;
    assert_eq!(run_audited(&memory, Work::wipe(later), later), 1);
    assert_eq!(last(&memory), format!("event=expire {}", bob(token)));
    assert_eq!(entries(&memory).len(), 9);
}

#[test]
fn a_timed_out_session_that_a_kill_removes_has_expired() {
    let memory = Memory::default();
    let later = START + 1000;
    let token = create_audited(&memory, "bob");
    assert_eq!(audited_at(&memory, later).kill(web(), token), Ok(false));
    assert_eq!(
        last(&memory),
        format!("event=expire sid={} id=bob ip=::1 ua=Browser", sid(token))
    );
    for which in [Which::All, Which::Except(StoredName::of(&token, Storage::Plain))] {
        create_audited(&memory, "bob");
        assert_eq!(
            run_audited(
                &memory,
                Work::kill_of_id(Part::Whole, web(), id("bob"), which, later),
                later
            ),
            0
        );
        assert!(last(&memory).starts_with("event=expire "), "{which:?}");
    }
}

#[test]
fn uses_write_no_entries() {
    let memory = Memory::default();
    let store = audited_at(&memory, START);
    let token = create_audited(&memory, "bob");
    let mut found = store.find(web(), token).unwrap().unwrap();
    store.apply(&mut found, &Use::read()).unwrap();
    drop(found);
    assert_eq!(store.save(&save(token, None)), Ok(Saved::Written));
    assert_eq!(store.save(&save(token, Some("bob"))), Ok(Saved::Written));
    assert_eq!(entries(&memory).len(), 1);
}

#[test]
fn a_visitor_is_recorded_from_the_log_in_to_the_log_out() {
    let memory = Memory::default();
    let store = audited_at(&memory, START);
    let visitor = NewSession {
        owner: Owner::Nobody,
        ..new("nobody")
    };
    let token = store.create(&visitor, Draw::Anywhere, None).unwrap();
    let found = store.find(web(), token).unwrap().unwrap();
    let token = rotate(&store, found, None).unwrap().unwrap();
    assert_eq!(entries(&memory), [""; 0], "a visitor");

    let found = store.find(web(), token).unwrap().unwrap();
    let usage = Use {
        owner: Some(Owner::Id(id("bob"))),
        client: from("::2", "Other"),
        ..Use::default()
    };
    let bobs = store.rotate(found, &usage, None).unwrap().unwrap();
    let expected = format!(
        "event=rotate sid={} id=bob ip=::2 ua=Other old_sid={}",
        sid(bobs),
        sid(token)
    );
    assert_eq!(entries(&memory), [expected]);

    let found = store.find(web(), bobs).unwrap().unwrap();
    let usage = Use {
        owner: Some(Owner::Nobody),
        client: Client {
            ip: Some(None),
            user_agent: None,
        },
        ..Use::default()
    };
    let nobodys = store.rotate(found, &usage, None).unwrap().unwrap();
    let expected = format!(
        "event=rotate sid={} ua=Other old_sid={} old_id=bob",
        sid(nobodys),
        sid(bobs)
    );
    assert_eq!(last(&memory), expected);
    assert_eq!(store.kill(web(), nobodys), Ok(true));
    assert_eq!(entries(&memory).len(), 2);
}

#[test]
fn a_save_that_creates_a_session_is_recorded_as_create_and_one_that_changes_the_id_as_rotate() {
    let memory = Memory::default();
    let store = audited_at(&memory, START);
    let token = Token::parse(&[b's'; 64]).unwrap();
    let sid = sid(token);
    assert_eq!(store.save(&save(token, None)), Ok(Saved::Made));
    assert_eq!(entries(&memory), [""; 0], "a visitor");
    assert_eq!(store.save(&save(token, Some("bob"))), Ok(Saved::Written));
    assert_eq!(store.save(&save(token, Some("carol"))), Ok(Saved::Written));
    let nobodys = Save {
        owner: Some(Owner::Nobody),
        ..save(token, None)
    };
    assert_eq!(store.save(&nobodys), Ok(Saved::Written));
    assert_eq!(store.save(&save(token, Some("bob"))), Ok(Saved::Written));
    let later = audited_at(&memory, START + 100_000);
    assert_eq!(later.save(&save(token, Some("dave"))), Ok(Saved::Made));
    let expected = [
        format!("event=rotate sid={sid} id=bob old_sid={sid}"),
        format!("event=rotate sid={sid} id=carol old_sid={sid} old_id=bob"),
        format!("event=rotate sid={sid} old_sid={sid} old_id=carol"),
        format!("event=rotate sid={sid} id=bob old_sid={sid}"),
        format!("event=expire sid={sid} id=bob"),
        format!("event=create sid={sid} id=dave"),
    ];
    assert_eq!(entries(&memory), expected);
}

#[test]
fn a_session_that_killing_in_progress_ends_at_its_rotation_has_the_cause_of_the_killing() {
    for cause in ["killsoid", "killall"] {
        for saves in [false, true] {
            let memory = Memory::default();
            let store = audited_at(&memory, START);
            let token = create_audited(&memory, "bob");
            memory.put_under_way(Some(match cause {
                "killall" => Work::kill_of_app(web(), START),
                _ => Work::kill_of_id(Part::Whole, web(), id("bob"), Which::All, START),
            }));
            if saves {
                assert_eq!(store.save(&save(token, Some("carol"))), Ok(Saved::Not));
            } else {
                let found = store.find(web(), token).unwrap().unwrap();
                assert_eq!(rotate(&store, found, None), Ok(None));
            }
            let entry = last(&memory);
            assert!(entry.ends_with(&format!(" cause={cause}")), "{entry}");
        }
    }
}

#[test]
fn sessions_killed_by_max_have_that_cause_and_come_before_the_new_session() {
    let memory = Memory::default();
    let first = create_audited(&memory, "bob");
    let capped = NewSession {
        cap: Some(Cap {
            max: sessions_model::number::Max::parse(b"1").unwrap(),
            when_full: WhenFull::KillLeastActive,
        }),
        ..new("bob")
    };
    let second = make(&audited_at(&memory, START), &capped, "bob");
    let expected = [
        format!("event=kill sid={} id=bob ip=::1 ua=Browser cause=max", sid(first)),
        format!("event=create sid={} id=bob", sid(second)),
    ];
    assert_eq!(entries(&memory)[1..], expected);

    memory.put(STREAM.as_bytes(), Value::Set(std::collections::BTreeSet::new()));
    let before = memory.contents();
    let refused = audited_at(&memory, START).create(&capped, Draw::Near(id("bob")), None);
    assert_eq!(refused, Err(Error::WrongType));
    assert_eq!(memory.contents(), before, "nobody is killed for a command that fails");
}

#[test]
fn within_a_grace_each_new_token_is_one_rotation() {
    let memory = Memory::default();
    let store = audited_at(&memory, START);
    let old = create_audited(&memory, "bob");
    let grace = Some(Grace::parse(b"10").unwrap());
    let rotate = |token| {
        let found = store.find(web(), token).unwrap().unwrap();
        store.rotate(found, &Use::default(), grace).unwrap().unwrap()
    };
    let new = rotate(old);
    assert_eq!([rotate(old), rotate(new)], [new, new]);
    assert_eq!(entries(&memory).len(), 2);
    assert!(last(&memory).ends_with(&format!(" old_sid={} old_id=bob", sid(old))));
    assert_eq!(store.kill(web(), old), Ok(true));
    assert!(last(&memory).starts_with(&format!("event=kill sid={} ", sid(new))));
}

#[test]
fn hashed_sessions_have_the_same_sids_and_moving_one_to_its_hash_is_not_an_event() {
    let memory = Memory::default();
    let plain = create_audited(&memory, "bob");
    let hashing = Rules {
        storage: Storage::Hashed,
        audit_length: Some(100),
        ..rules()
    };
    let store = Store::new(&memory, hashing, Part::Whole, START);
    assert_eq!(store.save(&save(plain, Some("bob"))), Ok(Saved::Written));
    assert_eq!(entries(&memory).len(), 1);
    assert_eq!(store.save(&save(plain, Some("carol"))), Ok(Saved::Written));
    let expected = format!(
        "event=rotate sid={0} id=carol ip=::1 ua=Browser old_sid={0} old_id=bob",
        sid(plain)
    );
    assert_eq!(last(&memory), expected);
    let hashed = make(&store, &new("dave"), "dave");
    assert_eq!(last(&memory), format!("event=create sid={} id=dave", sid(hashed)));
    let mut work = Work::kill_of_app(web(), START);
    while work.step(&store).unwrap() == Progress::Unfinished {}
    let all = entries(&memory);
    for (token, of) in [(plain, "carol ip=::1 ua=Browser"), (hashed, "dave")] {
        let entry = format!("event=kill sid={} id={of} cause=killall", sid(token));
        assert!(all.contains(&entry), "{entry} is not in {all:?}");
    }
}

#[test]
fn nothing_is_recorded_while_the_setting_is_off() {
    let memory = Memory::default();
    let token = create(&memory, "bob", START);
    let store = at(&memory, START);
    let found = store.find(web(), token).unwrap().unwrap();
    let token = rotate(&store, found, Some(id("carol"))).unwrap().unwrap();
    assert_eq!(store.kill(web(), token), Ok(true));
    assert_eq!(memory.get(STREAM.as_bytes()), None);
}

#[test]
fn if_the_stream_has_another_type_no_session_is_created_or_moved_and_all_can_be_ended() {
    let memory = Memory::default();
    let [bobs, timed_out, saved] = ["bob"; 3].map(|of| create(&memory, of, START));
    let nobodys = create_anonymous(&memory, START);
    let set = Value::Set(std::collections::BTreeSet::from([b"x".to_vec()]));
    memory.put(STREAM.as_bytes(), set);
    let before = memory.contents();
    let store = audited_at(&memory, START);
    assert_eq!(
        store.create(&new("bob"), Draw::Near(id("bob")), None),
        Err(Error::WrongType)
    );
    for (token, to) in [(bobs, None), (bobs, Some(id("carol"))), (nobodys, Some(id("bob")))] {
        let found = store.find(web(), token).unwrap().unwrap();
        assert_eq!(rotate(&store, found, to), Err(Error::WrongType), "{to:?}");
    }
    assert_eq!(store.save(&save(bobs, Some("carol"))), Err(Error::WrongType));
    let own = Token::parse(&[b's'; 64]).unwrap();
    assert_eq!(store.save(&save(own, Some("carol"))), Err(Error::WrongType));
    let later = START + 1000;
    let in_its_place = audited_at(&memory, later).save(&save(timed_out, Some("carol")));
    assert_eq!(in_its_place, Err(Error::WrongType));
    assert_eq!(memory.contents(), before);
    assert_eq!(memory.not_audited(), Vec::<Vec<u8>>::new());

    // Commands that add no entry still work.
    let found = store.find(web(), nobodys).unwrap().unwrap();
    assert!(rotate(&store, found, None).unwrap().is_some());
    assert_eq!(store.save(&save(saved, None)), Ok(Saved::Written));

    assert_eq!(store.kill(web(), bobs), Ok(true));
    assert_eq!(run_audited(&memory, Work::wipe(later), later), 3);
    assert_eq!(memory.not_audited(), [STREAM.as_bytes(), STREAM.as_bytes()]);
    assert_eq!(memory.key_names(), [STREAM]);
}

#[test]
fn killing_an_app_leaves_its_stream() {
    let memory = Memory::default();
    create_audited(&memory, "bob");
    assert_eq!(run_audited(&memory, Work::kill_of_app(web(), START), START), 1);
    assert_eq!(entries(&memory).len(), 2);
    assert_eq!(memory.key_names(), [STREAM]);
}
