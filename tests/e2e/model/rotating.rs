//! ROTATE.

use super::alias::Alias;
use super::answer::{Verdict, same};
use super::command::{Options, Owner};
use super::database::Layout;
use super::state::State;
use crate::harness::{Reply, slot};
use std::collections::BTreeSet;

impl State {
    pub(super) fn rotate(&mut self, app: &str, token: &str, options: &Options, now: i64, reply: &Reply) -> Verdict {
        if let (Owner::Id(id), Some(done)) = (&options.owner, self.logged_in(app, token, now))
            && done.id == *id
        {
            let present = Reply::Text(done.token.clone().into_bytes());
            self.told.count("graced");
            return same(reply, present);
        }
        let Some(old) = self.ask_for(app, token, now) else {
            return same(reply, Reply::Nil);
        };
        let mut new = old.clone();
        new.refresh(now);
        new.take_over(options, now);
        // If there are several reasons to do nothing, the reply may name any of them.
        let mut reasons = Vec::new();
        if let Some(changes) = options.data.as_ref().filter(|changes| !changes.is_empty()) {
            match self.merged(&old, changes) {
                Ok(data) => new.data = data,
                Err(error) => reasons.push(error),
            }
            new.w += 1;
        }
        if self.layout == Layout::Cluster && !new.id.is_empty() && slot(&new.id) != slot(token) {
            reasons.push(
                "CROSSSLOT the id and the token are in different hash slots: create a session for the id instead"
                    .into(),
            );
        }
        if !reasons.is_empty() {
            let is_one = reasons.iter().any(|reason| *reply == Reply::Error(reason.clone()));
            return is_one.then_some(()).ok_or(format!("expected one of {reasons:?}"));
        }
        let is_new = new.id != old.id;
        if is_new && self.is_full(app, &new.id, options, now) {
            return self.refused_by_the_limit(reply);
        }
        let is_log_in = matches!(options.owner, Owner::Id(_));
        let is_graced = old.graced.is_some_and(|until| (0..=60).contains(&(until - now)));
        if options.grace.is_some() && is_graced && !is_log_in && !is_new {
            if new.w != old.w {
                self.told.written(app, &old.token);
            }
            new.make_exact();
            self.replace(&old, new);
            return same(reply, Reply::Text(old.token.into_bytes()));
        }
        let of = if new.id.is_empty() { &old.token } else { &new.id };
        new.token = self.new_token(Some(of), reply)?;
        new.graced = options.grace.map(|grace| now + grace);
        new.make_exact();
        if is_new {
            self.make_room(&new, options, now);
        }
        self.told.count("rotated");
        self.told.event("rotate", app, &new.token);
        self.told.publish(app, &old.token);
        if let Some(until) = new.graced {
            for old in BTreeSet::from([old.token.as_str(), token]) {
                self.drop_alias(app, old);
                self.aliases.push(Alias {
                    app: app.to_owned(),
                    old: old.to_owned(),
                    to: new.token.clone(),
                    until,
                    of: new.id.clone(),
                    since: new.created,
                    is_of_log_in: is_log_in,
                });
            }
        }
        self.replace(&old, new);
        Ok(())
    }
}
