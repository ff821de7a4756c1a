//! Several clients that use all commands at the same time on common sessions.

use crate::harness::*;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

/// Sets a session's last use back, in its hash and in every index, if the session still exists.
const AGE: &str = r#"
    local key = 'rs:' .. ARGV[1] .. ':' .. ARGV[2]
    local id, la = redis.call('HGET', key, 'id'), redis.call('HGET', key, 'la')
    if not id then return 0 end
    la = math.floor(la - ARGV[3])
    local member = ARGV[2] .. ':' .. id
    redis.call('HSET', key, 'la', la)
    redis.call('ZADD', 'rs:' .. ARGV[1] .. ':_sessions', la, member)
    redis.call('ZADD', 'rs:SESSIONS', la, ARGV[1] .. ':' .. member)
    return 1"#;

/// Sessions that all clients know; new ones replace old ones.
#[derive(Default)]
struct Known(Mutex<Vec<(&'static str, String)>>);

impl Known {
    fn add(&self, dice: &mut Dice, app: &'static str, token: &str) {
        let mut known = self.0.lock().unwrap();
        if known.len() > 300 {
            let old = dice.below(known.len());
            known.swap_remove(old);
        }
        known.push((app, token.to_owned()));
    }

    fn any(&self, dice: &mut Dice) -> Option<(&'static str, String)> {
        let known = self.0.lock().unwrap();
        (!known.is_empty()).then(|| known[dice.below(known.len())].clone())
    }
}

pub(super) struct Traffic {
    stop: Arc<AtomicBool>,
    calls: Arc<AtomicUsize>,
    clients: Vec<JoinHandle<()>>,
}

impl Traffic {
    /// Starts this number of clients; `stop` fails the test if there was an error that `allowed`
    /// does not name.
    pub(super) fn start(server: &Server, clients: u64, allowed: &'static [&'static str]) -> Traffic {
        let (stop, calls) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
        let known = Arc::new(Known::default());
        let clients = (0..clients).map(|number| {
            let mut client = server.client();
            let (stop, calls, known) = (stop.clone(), calls.clone(), known.clone());
            std::thread::spawn(move || {
                let mut dice = Dice::nth(number);
                while !stop.load(Ordering::Relaxed) {
                    act(&mut client, &mut dice, &known, allowed);
                    calls.fetch_add(1, Ordering::Relaxed);
                }
            })
        });
        Traffic {
            clients: clients.collect(),
            stop,
            calls,
        }
    }

    /// Waits until the clients have got this number of further replies.
    #[track_caller]
    pub(super) fn run(&self, calls: usize) {
        let end = self.calls.load(Ordering::Relaxed) + calls;
        wait_until(GENEROUS, "the clients have done their calls", || {
            assert!(
                self.clients.iter().all(|client| !client.is_finished()),
                "a client ended"
            );
            self.calls.load(Ordering::Relaxed) >= end
        });
    }

    /// Ends the clients after their current commands; returns the number of replies.
    #[track_caller]
    pub(super) fn stop(self) -> usize {
        self.stop.store(true, Ordering::Relaxed);
        for client in self.clients {
            client.join().expect("no client saw anything wrong");
        }
        self.calls.load(Ordering::Relaxed)
    }
}

fn act(client: &mut Client, dice: &mut Dice, known: &Known, allowed: &[&str]) {
    let id = format!("u:{}", dice.below(30));
    let data = format!(r#"{{"k{}":"é{}"}}"#, dice.below(5), dice.below(1000));
    let (app, token) = match known.any(dice) {
        Some(session) if dice.below(10) > 1 => session,
        _ => return begin(client, dice, known, [&id, &data], allowed),
    };
    let seconds = dice.below(40).to_string();
    let command: &[&str] = match dice.below(100) {
        0..15 => &["SESSIONS.GET", app, &token],
        15..22 => &["SESSIONS.SET", app, &token, &data],
        22..25 => &["SESSIONS.SET", app, &token, "{}", "TTL", "30", "LIFETIME", "60"],
        25..30 => &["SESSIONS.INCR", app, &token, "n"],
        30..34 => &["SESSIONS.SAVE", app, &token, &data],
        34..38 => &["SESSIONS.SAVE", app, &token, &data, "XX", "ID", &id, "UA", "é"],
        38..41 => &["SESSIONS.SAVE", app, &token, "{}", "XX", "ANON", "TTL", "300", "IP", ""],
        41..43 => &["SESSIONS.SAVE", app, &token, &data, "XX", "NORESAVE", "LIFETIME", "900"],
        43..45 => &["SESSIONS.SAVE", app, &token, &data, "NX", "ID", &id],
        45..50 => &["SESSIONS.SET", app, &token, r#"{"k1":null,"k2":1.0}"#],
        50..55 => &["SESSIONS.TOUCH", app, &token],
        55..60 => &["SESSIONS.TOUCH", app, &token, "TTL", "900"],
        60..61 => &["SESSIONS.ROTATE", app, &token],
        61..63 => &["SESSIONS.ROTATE", app, &token, "GRACE", "60"],
        63..64 => &["SESSIONS.ROTATE", app, &token, "GRACE", "60", "ID", &id],
        64..65 => &["SESSIONS.ROTATE", app, &token, "ANON", "DATA", &data, "UA", "é"],
        65..68 => &["SESSIONS.ROTATE", app, &token, "ID", &id],
        68..70 => &[
            "SESSIONS.ROTATE",
            app,
            &token,
            "ID",
            &id,
            "TTL",
            "600",
            "LIFETIME",
            "50",
        ],
        70..75 => &["SESSIONS.KILL", app, &token],
        75..77 => &["SESSIONS.KILLSOID", app, &id],
        77..79 => &["SESSIONS.KILLSOID", app, &id, "EXCEPT", &token],
        79..85 => &["EVAL", AGE, "0", app, &token, &seconds],
        85..88 => &["EVAL", AGE, "0", app, &token, "9000"],
        88..90 => &["SESSIONS.WIPE"],
        90..95 => &["SESSIONS.SOID", app, &id],
        95..99 => &["SESSIONS.PEEK", app, &token],
        _ if dice.below(10) == 0 => &["SESSIONS.KILLALL", "shop"],
        _ => &["SESSIONS.ACTIVITY", app, "60"],
    };
    if let Reply::Text(token) = run(client, command, allowed)
        && command[0] == "SESSIONS.ROTATE"
    {
        known.add(dice, app, std::str::from_utf8(&token).unwrap());
    }
}

/// Creates a session with CREATE, or with SAVE and a token that a framework has generated.
fn begin(client: &mut Client, dice: &mut Dice, known: &Known, [id, data]: [&str; 2], allowed: &[&str]) {
    let app = ["web", "shop"][dice.below(2)];
    let options: &[&str] = match dice.below(5) {
        0 => &["TTL", "1"],
        1 => &["NORESAVE", "TTL", "500"],
        2 => &["LIFETIME", "2", "IP", "::1"],
        3 => &["ANON", "UA", "Mozilla/5.0 (é)"],
        _ => &[],
    };
    let data_of_create: &[&str] = if dice.chance(20) { &["DATA", data] } else { &[] };
    let id_of_save: &[&str] = if options.contains(&"ANON") { &[] } else { &["ID", id] };
    let token = if dice.chance(70) {
        let create = [&["SESSIONS.CREATE", app, id], options, data_of_create].concat();
        match run(client, &create, allowed) {
            Reply::Text(token) => String::from_utf8(token).expect("a token"),
            _ => return,
        }
    } else {
        let token = dice.token();
        let save = [&["SESSIONS.SAVE", app, &token, data, "NX"], options, id_of_save].concat();
        run(client, &save, allowed);
        token
    };
    known.add(dice, app, &token);
}

#[track_caller]
fn run(client: &mut Client, command: &[&str], allowed: &[&str]) -> Reply {
    let reply = client.run(command);
    if let Reply::Error(error) = &reply {
        let known = allowed.iter().any(|code| error.starts_with(code));
        assert!(known, "{error} to {}", command[0]);
        std::thread::sleep(Duration::from_millis(1));
    }
    reply
}
