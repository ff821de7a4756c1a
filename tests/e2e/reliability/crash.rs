//! A server that dies without warning must have everything that it acknowledged before.

use super::ledger::Ledger;
use super::times_longer;
use crate::harness::*;
use std::thread::{JoinHandle, sleep, spawn};
use std::time::Duration;

const CLIENTS: u64 = 4;

/// Clients that continue until their connection is lost.
fn clients_at_work(
    server: &Server,
    ledgers: Vec<Ledger>,
    round: u64,
    confirm: fn(&mut Client) -> Result<(), String>,
) -> Vec<JoinHandle<(Ledger, String)>> {
    let start = |(number, mut ledger): (u64, Ledger)| {
        let mut client = server.client();
        let mut dice = Dice::nth(round * CLIENTS + number);
        spawn(move || {
            loop {
                if let Err(error) = ledger.change(&mut client, &mut dice, confirm) {
                    return (ledger, error);
                }
            }
        })
    };
    (0..).zip(ledgers).map(start).collect()
}

fn joined(clients: Vec<JoinHandle<(Ledger, String)>>) -> Vec<Ledger> {
    let ended = clients
        .into_iter()
        .map(|client| client.join().expect("the client ended in order"));
    ended
        .map(|(ledger, error)| {
            assert!(!error.contains("answered"), "{error}");
            ledger
        })
        .collect()
}

fn ledgers() -> Vec<Ledger> {
    (0..CLIENTS).map(|number| Ledger::of(format!("u:{number}"))).collect()
}

#[test]
fn a_killed_server_has_everything_that_it_acknowledged() {
    let mut server = Server::builder()
        .line("appendonly yes")
        .line("appendfsync always")
        .line("auto-aof-rewrite-percentage 0")
        .start();
    let mut ledgers = ledgers();
    let mut dice = Dice::nth(1000);
    let rounds = 20 * times_longer() as u64;
    for round in 0..rounds {
        let clients = clients_at_work(&server, ledgers, round, |_| Ok(()));
        sleep(Duration::from_millis(20 + dice.below(180) as u64));
        server.kill9();
        ledgers = joined(clients);
        server.start_again();
        let mut client = server.client();
        eprintln!("round {round}, {}", shown_seed());
        ledgers.iter_mut().for_each(|ledger| ledger.verify(&mut client));
        assert_whole(&mut client);
    }
    let acknowledged: usize = ledgers.iter().map(|ledger| ledger.acknowledged).sum();
    eprintln!("{rounds} kills, {acknowledged} acknowledged writes, all there");
}

#[test]
fn a_server_killed_in_a_killall_has_whole_sessions_only_and_kills_the_rest_next_time() {
    use super::filled::{begin, fill};
    let mut server = Server::builder()
        .line("appendonly yes")
        .line("appendfsync always")
        .line("auto-aof-rewrite-percentage 0")
        .start();
    let mut dice = Dice::nth(1);
    for _ in 0..3 {
        catch_under_way(|count| {
            fill(&mut server.client(), "web", count, 0);
            let mut caller = server.client();
            begin(&server, &mut caller, "web", &["SESSIONS.KILLALL", "web"]);
            sleep(Duration::from_millis(dice.below(40) as u64));
            server.kill9();
            server.start_again();
            let mut client = server.client();
            assert_whole(&mut client);
            let left = client.run(&["SESSIONS.COUNT", "web"]).int();
            assert!(left < count, "the KILLALL had not begun");
            assert_eq!(client.run(&["SESSIONS.KILLALL", "web"]), Reply::Int(left));
            assert_no_keys(&mut client);
            (left > 0).then_some(())
        });
    }
}

#[test]
fn a_replica_promoted_under_load_has_everything_that_wait_confirmed() {
    for round in 0..3 * times_longer() as u64 {
        let mut primary = Server::builder().tcp().start();
        let replica = Server::builder().replica_of(&primary).start();
        replica.catch_up_with(&primary);
        wait_until(GENEROUS, "the replica acknowledges", || {
            let mut client = primary.client();
            client.run(&["SET", "theirs", "1"]);
            client.run(&["WAIT", "1", "1000"]) == Reply::Int(1)
        });
        let clients = clients_at_work(&primary, ledgers(), round, |client| {
            match client.try_run(&["WAIT", "1", "10000"])? {
                Reply::Int(1) => Ok(()),
                other => Err(format!("WAIT answered {other:?}")),
            }
        });
        sleep(Duration::from_millis(500));
        primary.kill9();
        let mut client = replica.client();
        assert_eq!(client.run(&["REPLICAOF", "NO", "ONE"]), "OK".into());
        let mut ledgers = joined(clients);
        eprintln!("round {round}, {}", shown_seed());
        ledgers.iter_mut().for_each(|ledger| ledger.verify(&mut client));
        assert_whole(&mut client);
        let acknowledged: usize = ledgers.iter().map(|ledger| ledger.acknowledged).sum();
        eprintln!("{acknowledged} confirmed writes, all on the promoted replica");
        assert!(acknowledged > 20, "{acknowledged}");
    }
}
