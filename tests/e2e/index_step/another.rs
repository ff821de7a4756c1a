//! Another length of the index steps at the next start.

use super::{assert_windows_are_exact, builder, in_the_same_second, stored, traffic, truth, windows};
use crate::harness::*;
use std::time::Duration;

#[test]
fn another_step_at_the_next_start_changes_no_session_and_windows_are_exact_when_each_has_stepped() {
    for (old, new) in [(60, 1), (1, 60), (60, 10)] {
        let mut server = builder(old).aof().start();
        let mut client = server.client();
        let mut tokens = Vec::new();
        let mut dice = Dice::nth(old as u64);
        for _ in 0..6 {
            traffic(&mut client, &mut dice, &mut tokens);
            server.let_pass(Duration::from_secs(13));
        }
        let before = stored(&mut client);
        drop(client);
        server.restart_with(|line| Some(line.replace(&format!("index-step {old}"), &format!("index-step {new}"))));
        let mut client = server.client();
        assert_eq!(stored(&mut client), before, "from {old} to {new}");
        let step = client.line("CONFIG GET sessions.index-step");
        assert_eq!(step.texts()[1], new.to_string());
        for dt in (1..old + new + 70).step_by(5) {
            let (found, time) = in_the_same_second(&mut client, |client| windows(client, dt));
            let [least, most] = [dt - old - new, dt].map(|dt| truth(&before, time, dt));
            let is_near = (0..4).all(|at| (least[at]..=most[at]).contains(&found[at]));
            assert!(
                is_near,
                "{least:?} <= {found:?} <= {most:?} for {dt}, from {old} to {new}"
            );
        }
        server.let_pass(Duration::from_secs(new as u64));
        for token in &tokens {
            client.run(&["SESSIONS.GET", "web", token]).session();
        }
        server.let_pass(Duration::from_secs(7));
        assert_windows_are_exact(&mut client, (1..old + new + 30).step_by(5));
        assert_whole(&mut client);
    }
}
