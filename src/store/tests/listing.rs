//! Scores, windows and lists.

use super::*;

#[test]
fn the_scores_follow_the_last_activity_within_a_step() {
    let memory = Memory::default();
    let token = create(&memory, "bob", START);
    let member = format!("{}:bob", text(token));
    for now in START..START + 60 {
        assert!(use_at(&memory, token, now), "{now}");
        let sessions = score_of(&memory, "rs:web:_sessions", &member).unwrap();
        let users = score_of(&memory, "rs:web:_users", "bob").unwrap();
        for s in [sessions, users] {
            assert!(s <= score(now) && score(now) < s + 10.0, "{s} {now}");
        }
        let due = score_of(&memory, "rs:SESSIONS", &format!("web:{member}")).unwrap();
        assert!((score(now + 100)..=score(now + 109)).contains(&due), "{due} {now}");
    }
}

#[test]
fn a_window_is_exact_although_scores_go_in_steps() {
    let memory = Memory::default();
    let tokens: Vec<_> = (0..30).map(|n| create(&memory, &format!("user{n}"), START)).collect();
    for (after, token) in tokens.iter().enumerate() {
        assert!(use_at(&memory, *token, START + Seconds::try_from(after).unwrap()));
    }
    let store = at(&memory, START + 29);
    for dt in 1..=29_usize {
        let window = Window::parse(dt.to_string().as_bytes()).unwrap();
        assert_eq!(counted(&store, window), Ok(dt + 1), "count {dt}");
        assert_eq!(active(&store, window), Ok(dt + 1), "activity {dt}");
        let users = users(&memory, START + 29, window, Limit::ALL);
        assert_eq!(users.len(), dt + 1, "users {dt}");
        let of_app = of_app(&memory, START + 29, window, Limit::ALL);
        assert_eq!(of_app.len(), dt + 1, "soapp {dt}");
    }
}

#[test]
fn lists_show_members_of_infinite_and_of_equal_scores() {
    let memory = Memory::default();
    let tokens: Vec<_> = (0..300).map(|n| create(&memory, &format!("user{n}"), START)).collect();
    for name in ["rs:web:_sessions", "rs:web:_users"] {
        let Some(Value::SortedSet(mut set)) = memory.get(name.as_bytes()) else {
            panic!()
        };
        set.values_mut().take(100).for_each(|score| *score = f64::INFINITY);
        set.values_mut()
            .skip(100)
            .take(50)
            .for_each(|score| *score = f64::NEG_INFINITY);
        memory.put(name.as_bytes(), Value::SortedSet(set));
    }
    let of_app = of_app(&memory, START, Window::Ever, Limit::ALL);
    let mut listed: Vec<_> = of_app.iter().map(token_of).collect();
    let mut created = tokens;
    listed.sort_unstable();
    created.sort_unstable();
    assert_eq!(listed, created);
    assert_eq!(users(&memory, START, Window::Ever, Limit::ALL).len(), 300);
}
