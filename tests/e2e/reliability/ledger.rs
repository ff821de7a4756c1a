//! What one client was promised: every change that the server acknowledged, and the one whose reply
//! never came.

use crate::harness::*;
use std::collections::{BTreeMap, BTreeSet};

#[derive(Default)]
pub(super) struct Ledger {
    id: String,
    /// The number `n` in each session's data.
    live: BTreeMap<String, u64>,
    dead: BTreeSet<String>,
    doubtful: Option<Change>,
    pub(super) acknowledged: usize,
}

enum Change {
    Create,
    /// A SAVE with a token that the client has generated.
    Save(String),
    Set(String, u64),
    Incr(String, u64),
    Overwrite(String, u64),
    Rotate(String),
    Kill(String),
}

impl Ledger {
    pub(super) fn of(id: String) -> Ledger {
        Ledger {
            id,
            ..Ledger::default()
        }
    }

    /// Makes one random change. `Err`: the connection is lost, and whether the change was made is
    /// unknown. `confirm` checks whether the acknowledged change is safe.
    pub(super) fn change(
        &mut self,
        client: &mut Client,
        dice: &mut Dice,
        confirm: impl Fn(&mut Client) -> Result<(), String>,
    ) -> Result<(), String> {
        let any = |dice: &mut Dice| {
            let at = dice.below(self.live.len().max(1));
            self.live.iter().nth(at).map(|(token, n)| (token.clone(), *n))
        };
        let change = match (any(dice), dice.below(12)) {
            (Some((token, n)), 0..3) => Change::Set(token, n + 1),
            (Some((token, n)), 3 | 4) => Change::Incr(token, n + 1),
            (Some((token, n)), 5 | 6) => Change::Overwrite(token, n + 1),
            (Some((token, _)), 7) => Change::Rotate(token),
            (Some((token, _)), 8 | 9) => Change::Kill(token),
            (_, 10) => Change::Save(dice.token()),
            _ => Change::Create,
        };
        let data = |n: &u64| format!(r#"{{"n":{n}}}"#);
        let command: Vec<String> = match &change {
            Change::Create => ["SESSIONS.CREATE", "web", &self.id, "DATA", &data(&0)]
                .map(String::from)
                .into(),
            Change::Save(token) => ["SESSIONS.SAVE", "web", token, &data(&0), "NX", "ID", &self.id]
                .map(String::from)
                .into(),
            Change::Set(token, n) => ["SESSIONS.SET", "web", token, &data(n)].map(String::from).into(),
            Change::Incr(token, _) => ["SESSIONS.INCR", "web", token, "n"].map(String::from).into(),
            Change::Overwrite(token, n) => ["SESSIONS.SAVE", "web", token, &data(n), "XX"].map(String::from).into(),
            Change::Rotate(token) => ["SESSIONS.ROTATE", "web", token].map(String::from).into(),
            Change::Kill(token) => ["SESSIONS.KILL", "web", token].map(String::from).into(),
        };
        self.doubtful = Some(change);
        let reply = client.try_run(&command)?;
        confirm(client)?;
        match (self.doubtful.take(), &reply) {
            (Some(Change::Create), Reply::Text(_)) => {
                self.live.insert(reply.text().to_owned(), 0);
            }
            (Some(Change::Save(token)), Reply::Int(2)) => {
                self.live.insert(token, 0);
            }
            (Some(Change::Set(token, n)), Reply::List(_)) | (Some(Change::Overwrite(token, n)), Reply::Int(1)) => {
                self.live.insert(token, n);
            }
            (Some(Change::Incr(token, n)), Reply::Int(sum)) if u64::try_from(*sum) == Ok(n) => {
                self.live.insert(token, n);
            }
            (Some(Change::Rotate(old)), Reply::Text(_)) => {
                let n = self.live.remove(&old).unwrap();
                self.dead.insert(old);
                self.live.insert(reply.text().to_owned(), n);
            }
            (Some(Change::Kill(token)), Reply::Int(1)) => {
                self.live.remove(&token);
                self.dead.insert(token);
            }
            (_, reply) => return Err(format!("{} answered {reply:?}", command[0])),
        }
        self.acknowledged += 1;
        Ok(())
    }

    /// Checks that the server has everything that it acknowledged, and finds out whether the last
    /// change was made.
    #[track_caller]
    pub(super) fn verify(&mut self, client: &mut Client) {
        let doubtful = self.doubtful.take();
        let n_of = |client: &mut Client, token: &str| -> Option<u64> {
            match client.run(&["SESSIONS.PEEK", "web", token]) {
                Reply::Nil => None,
                reply => {
                    let data = reply.session().text("d").to_owned();
                    Some(data[5..data.len() - 1].parse().unwrap())
                }
            }
        };
        if let Some(
            Change::Set(token, _)
            | Change::Incr(token, _)
            | Change::Overwrite(token, _)
            | Change::Rotate(token)
            | Change::Kill(token),
        ) = &doubtful
        {
            let (was, is) = (self.live[token], n_of(client, token));
            let may_be = match &doubtful {
                Some(Change::Set(_, n) | Change::Incr(_, n) | Change::Overwrite(_, n)) => is == Some(*n),
                Some(Change::Rotate(_) | Change::Kill(_)) => is.is_none(),
                _ => false,
            };
            assert!(
                is == Some(was) || may_be,
                "{token}: n is {is:?}, {was} was acknowledged"
            );
            match is {
                Some(n) => drop(self.live.insert(token.clone(), n)),
                None => drop(self.live.remove(token)),
            }
        }
        for (token, n) in &self.live {
            assert_eq!(n_of(client, token), Some(*n), "{token} of {}", self.id);
        }
        for token in &self.dead {
            assert_eq!(n_of(client, token), None, "{token} of {} was killed", self.id);
        }
        let listed = client.run(&["SESSIONS.SOID", "web", &self.id, "WITHTOKENS"]).sessions();
        let unknown: Vec<_> = listed
            .iter()
            .filter(|one| !self.live.contains_key(one.text("token")))
            .collect();
        let possible = usize::from(matches!(
            doubtful,
            Some(Change::Create | Change::Save(_) | Change::Rotate(_))
        ));
        assert!(unknown.len() <= possible, "sessions of nobody: {unknown:?}");
        for session in unknown {
            client.run(&["SESSIONS.KILL", "web", session.text("token")]).int();
        }
    }
}
