//! Index steps of all lengths: random sessions and uses, and the effect on windows, scores and the
//! cleanup pass.

use std::collections::{BTreeMap, BTreeSet};

use super::gathering::Numbers;
use super::*;

const STEPS: [i64; 5] = [1, 7, 10, 45, 60];
const IDS: [&str; 4] = ["ann", "bob", "carol", "dave"];

fn stepping(memory: &Memory, now: Seconds, step: i64) -> Store<'_, Memory> {
    let rules = Rules {
        index_step: Step::from_setting(step),
        ..rules()
    };
    Store::new(memory, rules, Part::Whole, now)
}

fn run_all<'m>(store: &Store<'m, Memory>, mut work: Work) -> Work {
    while work.step(store).unwrap() == Progress::Unfinished {}
    work
}

#[derive(Clone, Debug)]
struct Truth {
    /// Empty: the session is anonymous.
    id: &'static str,
    la: Seconds,
    ttl: i64,
    no_resave: bool,
}

impl Truth {
    const fn end(&self) -> Seconds {
        self.la + self.ttl
    }
}

/// A database and its expected state.
struct World {
    memory: Memory,
    numbers: Numbers,
    step: i64,
    now: Seconds,
    /// All sessions that the cleanup pass has not removed.
    sessions: BTreeMap<Token, Truth>,
    /// When an id was last active, by a session that it has, or had while it kept others.
    activity: BTreeMap<&'static str, Seconds>,
}

impl World {
    fn new(step: i64, seed: u64) -> Self {
        Self {
            memory: Memory::default(),
            numbers: Numbers(seed),
            step,
            now: START,
            sessions: BTreeMap::new(),
            activity: BTreeMap::new(),
        }
    }

    fn store(&self) -> Store<'_, Memory> {
        stepping(&self.memory, self.now, self.step)
    }

    fn is_live(&self, token: &Token) -> bool {
        self.sessions.get(token).is_some_and(|truth| self.now <= truth.end())
    }

    fn put(&mut self, token: Token, truth: Truth) {
        if !truth.id.is_empty() {
            let activity = self.activity.entry(truth.id).or_insert(truth.la);
            *activity = truth.la.max(*activity);
        }
        self.sessions.insert(token, truth);
    }

    fn forget(&mut self, token: &Token) {
        let id = self.sessions.remove(token).unwrap().id;
        if !self.sessions.values().any(|other| other.id == id) {
            self.activity.remove(id);
        }
    }

    fn create(&mut self) {
        let no_resave = self.numbers.below(4) == 0;
        let ttl = [50, 400, 5000][self.numbers.below(3)];
        let id = if self.numbers.below(5) == 0 {
            ""
        } else {
            IDS[self.numbers.below(IDS.len())]
        };
        let (owner, draw) = match id {
            "" => (Owner::Nobody, Draw::Anywhere),
            _ => (Owner::Id(super::id(id)), Draw::Near(super::id(id))),
        };
        let new = NewSession {
            owner,
            ttl: Some(Ttl::from_setting(ttl)),
            no_resave,
            ..new("ann")
        };
        let token = self.store().create(&new, draw, None).unwrap();
        let la = self.now;
        self.put(token, Truth { id, la, ttl, no_resave });
    }

    /// One change: a use, perhaps with another timeout, a rotation to the next id, or a kill.
    fn disturb(&mut self) {
        let Some(token) = self.sessions.keys().nth(self.numbers.below(self.sessions.len().max(1))) else {
            return;
        };
        let (token, mut truth) = (*token, self.sessions[token].clone());
        let what = self.numbers.below(12);
        if !self.is_live(&token) {
            return;
        }
        let (now, step, memory) = (self.now, self.step, self.memory.clone());
        let store = stepping(&memory, now, step);
        let mut found = store.find(web(), token).unwrap().unwrap();
        if truth.no_resave {
            truth.ttl -= now - truth.la;
        }
        let before = truth.la;
        truth.la = now;
        match what {
            0 => {
                let ttl = [5, 90, 6000][self.numbers.below(3)];
                let terms = Terms {
                    ttl: Some(Ttl::from_setting(ttl)),
                    ..Terms::default()
                };
                let usage = Use {
                    terms,
                    ..Use::default()
                };
                store.apply(&mut found, &usage).unwrap();
                truth.ttl = ttl;
                self.put(token, truth);
            }
            1 => {
                let to = IDS[self.numbers.below(IDS.len())];
                let rotated = rotate(&store, found, Some(id(to))).unwrap().unwrap();
                if !truth.id.is_empty() {
                    let activity = self.activity.get_mut(truth.id).unwrap();
                    *activity = before.max(*activity);
                }
                truth.id = to;
                self.forget(&token);
                self.put(rotated, truth);
            }
            2 => {
                drop(found);
                assert_eq!(store.kill(web(), token), Ok(true));
                self.forget(&token);
            }
            _ => {
                store.apply(&mut found, &Use::read()).unwrap();
                self.put(token, truth);
            }
        }
    }

    /// Runs a cleanup pass, and checks that it removes no live session and every session that ended
    /// a step ago.
    fn wipe(&mut self) {
        run_all(&self.store(), Work::wipe(self.now));
        let keys: BTreeSet<_> = self.memory.key_names().into_iter().collect();
        for token in self.sessions.keys().copied().collect::<Vec<_>>() {
            let is_there = keys.contains(&format!("rs:web:{}", text(token)));
            let end = self.sessions[&token].end();
            assert!(is_there || end < self.now, "wiped {} s early", end - self.now);
            let late = self.now - end;
            assert!(!is_there || late < self.step, "{late} s late in steps of {}", self.step);
            if !is_there {
                self.forget(&token);
            }
        }
    }

    fn assert_scores(&self) {
        let step = score(self.step);
        for (token, truth) in &self.sessions {
            let la = score(truth.la);
            let member = format!("{}:{}", text(*token), truth.id);
            let at = score_of(&self.memory, "rs:web:_sessions", &member).unwrap();
            assert!(at <= la && la < at + step, "_sessions {at} {truth:?}");
            let due = score_of(&self.memory, "rs:SESSIONS", &format!("web:{member}")).unwrap();
            let end = score(truth.end());
            assert!(due < end + step, "SESSIONS {due} {truth:?}");
            let follows = self.step == 10 || truth.no_resave;
            assert!(due >= end || (!follows && due < end), "SESSIONS {due} {truth:?}");
            if !truth.id.is_empty() {
                let at = score_of(&self.memory, "rs:web:_users", truth.id).unwrap();
                let la = score(self.activity[truth.id]);
                assert!(at <= la && la < at + step, "_users {at} {truth:?}");
            }
        }
    }

    fn assert_windows(&self) {
        let store = self.store();
        for dt in (1..=self.step + 2).step_by(3).chain([100, 131, 400]) {
            let case = format!("dt {dt} in steps of {}", self.step);
            let window = Window::parse(dt.to_string().as_bytes()).unwrap();
            let from = self.now - dt;
            let in_window = self.sessions.iter().filter(|(_, truth)| truth.la >= from);
            assert_eq!(counted(&store, window), Ok(in_window.clone().count()), "COUNT {case}");
            let live: BTreeSet<_> = in_window.map(|(token, _)| *token).filter(|t| self.is_live(t)).collect();
            let ids: BTreeSet<_> = self.activity.iter().filter(|(_, la)| **la >= from).collect();
            let ids: BTreeSet<_> = ids.into_iter().map(|(id, _)| id.as_bytes().to_vec()).collect();
            assert_eq!(active(&store, window), Ok(ids.len()), "ACTIVITY {case}");

            let mut work = run_all(&store, store.of_app(web(), window, Limit::ALL, Detail::Full));
            let Outcome::Sessions(listed) = work.outcome() else {
                panic!()
            };
            let listed: Vec<_> = listed
                .into_iter()
                .map(|entry| (token_of(&entry), entry.session.last_activity))
                .collect();
            assert_eq!(
                listed.iter().map(|(token, _)| *token).collect::<BTreeSet<_>>(),
                live,
                "SOAPP {case}"
            );
            let in_order = listed
                .iter()
                .enumerate()
                .all(|(place, (_, la))| listed[place..].iter().all(|(_, later)| *later < la + self.step));
            assert!(in_order, "SOAPP {case}");
            let mut work = run_all(&store, store.users(web(), window, Limit::ALL));
            let Outcome::Ids(listed) = work.outcome() else { panic!() };
            assert_eq!(listed.len(), ids.len(), "USERS {case}");
            assert_eq!(listed.into_iter().collect::<BTreeSet<_>>(), ids, "USERS {case}");
        }
    }
}

#[test]
fn in_steps_of_any_length_windows_are_exact_and_no_session_is_wiped_early_or_forgotten() {
    for step in STEPS {
        for seed in 0..2 {
            let mut world = World::new(step, seed);
            for round in 0..120 {
                world.now += [0, 0, 1, 1, 2, 5, 13, 61][world.numbers.below(8)];
                if world.sessions.len() < 25 {
                    world.create();
                }
                for _ in 0..6 {
                    world.disturb();
                }
                if world.numbers.below(12) == 0 {
                    world.wipe();
                }
                world.assert_scores();
                if round % 10 == 9 {
                    world.assert_windows();
                }
            }
            world.now += 10_000;
            world.wipe();
            assert_eq!(world.memory.key_names(), Vec::<String>::new());
        }
    }
}

/// How many sessions were active within `dt` by their hashes; `las` has all their last activities.
fn active_by_hash(las: &[Seconds], now: Seconds, dt: i64) -> usize {
    las.iter().filter(|la| **la >= now - dt).count()
}

fn count(store: &Store<'_, Memory>, dt: i64) -> usize {
    let window = Window::parse(dt.to_string().as_bytes()).unwrap();
    counted(store, window).unwrap()
}

#[test]
fn beyond_500_hash_reads_a_window_is_off_by_less_than_a_step() {
    for step in [7, 60] {
        let memory = Memory::default();
        let tokens: Vec<_> = (0..MANY).map(|_| create_anonymous(&memory, START)).collect();
        let mut las = Vec::new();
        for (token, la) in tokens.into_iter().zip((START + 100..START + 100 + step).cycle()) {
            for now in [START + 100, la] {
                let store = stepping(&memory, now, step);
                let mut found = store.find(web(), token).unwrap().unwrap();
                store.apply(&mut found, &Use::read()).unwrap();
            }
            las.push(la);
        }
        let now = START + 100 + 2 * step;
        let store = stepping(&memory, now, step);
        for dt in 1..3 * step {
            let (least, most) = (
                active_by_hash(&las, now, dt - step),
                active_by_hash(&las, now, dt + step),
            );
            let found = count(&store, dt);
            assert!(
                (least..=most).contains(&found),
                "{found} for dt {dt} in steps of {step}"
            );
        }
    }
}

/// More sessions than the hashes that are read at an edge.
const MANY: usize = 520;

#[test]
fn beyond_500_hash_reads_the_sessions_that_are_read_represent_the_others() {
    for (step, per_id) in [(60, 1), (60, 3)] {
        let memory = Memory::default();
        let mut numbers = Numbers(7);
        let mut las = Vec::new();
        for number in 0..900 {
            let id = format!("user{}", number / per_id);
            let token = create(&memory, &id, START);
            // Two uses within the life of the session, of which the second is often in the same
            // step.
            let below = |bound: usize, numbers: &mut Numbers| Seconds::try_from(numbers.below(bound)).unwrap();
            let first = START + 20 + below(80, &mut numbers);
            let la = first + below(40, &mut numbers);
            for now in [first, la] {
                let store = stepping(&memory, now, step);
                let mut found = store.find(web(), token).unwrap().unwrap();
                store.apply(&mut found, &Use::read()).unwrap();
            }
            las.push(la);
        }
        let now = START + 140;
        let store = stepping(&memory, now, step);
        for dt in (10..120).step_by(10) {
            let window = Window::parse(dt.to_string().as_bytes()).unwrap();
            let sessions = active_by_hash(&las, now, dt);
            let ids = las
                .chunks(per_id)
                .filter(|las| active_by_hash(las, now, dt) > 0)
                .count();
            let is_near = |found: usize, truth: usize| found.abs_diff(truth) <= 20 + truth / 20;
            let (counted, users) = (count(&store, dt), active(&store, window).unwrap());
            assert!(
                is_near(counted, sessions),
                "{counted} of {sessions}, dt {dt}, step {step}"
            );
            assert!(
                is_near(users, ids),
                "{users} of {ids}, dt {dt}, step {step}, {per_id} per id"
            );
        }
    }
}

#[test]
fn ids_with_few_sessions_do_not_represent_ids_with_many() {
    const IDS: i64 = 640;
    let memory = Memory::default();
    let use_at = |token, now| {
        let store = stepping(&memory, now, 60);
        let mut found = store.find(web(), token).unwrap().unwrap();
        store.apply(&mut found, &Use::read()).unwrap();
    };
    // 160 of 640 ids have 20 sessions, and only these are active. Their scores differ by up to 40
    // s.
    for number in 0..IDS {
        let is_large = number % 4 == 0;
        let id = format!("user{}", number * 37 % IDS);
        for _ in 0..if is_large { 20 } else { 1 } {
            let token = create(&memory, &id, START);
            use_at(token, START + 20 + number % 40);
            if is_large {
                use_at(token, START + 70);
            }
        }
    }
    let store = stepping(&memory, START + 80, 60);
    let found = active(&store, Window::parse(b"15").unwrap()).unwrap();
    assert!((100..=220).contains(&found), "{found} of 160");
}

#[test]
fn after_another_step_is_set_a_window_is_off_by_less_than_both_until_each_session_has_stepped() {
    for (old, new) in [(60, 1), (60, 10), (10, 60), (1, 60), (7, 10)] {
        let memory = Memory::default();
        let tokens: Vec<_> = (0..40).map(|_| create_anonymous(&memory, START)).collect();
        let use_all = |step: i64, first: Seconds, within: i64| -> Vec<Seconds> {
            let uses = tokens.iter().zip((first..first + within).cycle());
            uses.map(|(token, la)| {
                let store = stepping(&memory, la, step);
                let mut found = store.find(web(), *token).unwrap().unwrap();
                store.apply(&mut found, &Use::read()).unwrap();
                la
            })
            .collect()
        };
        use_all(old, START + 30, 1);
        let las = use_all(old, START + 30, old);
        let now = START + 30 + old;
        let store = stepping(&memory, now, new);
        for dt in 1..old + new + 10 {
            let (least, most) = (active_by_hash(&las, now, dt - old - new), active_by_hash(&las, now, dt));
            let found = count(&store, dt);
            assert!(
                (least..=most).contains(&found),
                "{found} for dt {dt} from {old} to {new}"
            );
        }
        let las = use_all(new, now + new, new);
        let now = now + 2 * new;
        let store = stepping(&memory, now, new);
        for dt in 1..old + new + 10 {
            assert_eq!(
                count(&store, dt),
                active_by_hash(&las, now, dt),
                "dt {dt} from {old} to {new}"
            );
        }
    }
}

#[test]
fn another_step_changes_no_end_and_forgets_no_session() {
    for (old, new) in [(60, 1), (60, 10), (10, 60), (1, 60)] {
        for used in [0, 1, 30, 59, 99] {
            let memory = Memory::default();
            let token = create(&memory, "bob", START);
            let store = stepping(&memory, START + used, old);
            let mut found = store.find(web(), token).unwrap().unwrap();
            store.apply(&mut found, &Use::read()).unwrap();
            drop(found);
            let end = START + used + 100;
            let case = format!("{used} from {old} to {new}");
            let at_end = run_all(&stepping(&memory, end, new), Work::wipe(end));
            assert_eq!(at_end.count(), 0, "{case}");
            let later = end + old.max(new);
            let later = run_all(&stepping(&memory, later, new), Work::wipe(later));
            assert_eq!(later.count(), 1, "{case}");
            assert_eq!(memory.key_names(), Vec::<String>::new());
        }
    }
}

#[test]
fn a_use_moves_the_score_for_the_cleanup_pass_only_in_steps_of_10_seconds() {
    for step in STEPS {
        let memory = Memory::default();
        let token = create(&memory, "bob", START);
        let member = format!("web:{}:bob", text(token));
        let due = || score_of(&memory, "rs:SESSIONS", &member).unwrap();
        let before = due();
        let now = START + 70;
        let store = stepping(&memory, now, step);
        let mut found = store.find(web(), token).unwrap().unwrap();
        store.apply(&mut found, &Use::read()).unwrap();
        assert_eq!(due() != before, step == 10, "{step}");
        let sooner = Use {
            terms: Terms {
                ttl: Some(Ttl::from_setting(5)),
                ..Terms::default()
            },
            ..Use::default()
        };
        store.apply(&mut found, &sooner).unwrap();
        assert!((score(now + 5)..score(now + 5 + step)).contains(&due()), "{step}");
    }
}
