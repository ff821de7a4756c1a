//! The words of each command.

use super::command::{Choice, Command, Existence, Limit, Listing, Options, Order, Owner};
use super::data::object_text;

/// The words of a command: positional arguments, then groups of words in any order.
#[derive(Default)]
pub(super) struct Words {
    pub(super) placed: Vec<String>,
    pub(super) options: Vec<Vec<String>>,
}

impl Words {
    fn of(placed: &[&str]) -> Words {
        Words {
            placed: placed.iter().map(ToString::to_string).collect(),
            options: Vec::new(),
        }
    }

    fn word(mut self, word: &str, given: bool) -> Words {
        self.options.extend(given.then(|| vec![word.to_owned()]));
        self
    }

    fn value(mut self, word: &str, value: Option<impl ToString>) -> Words {
        self.options
            .extend(value.map(|value| vec![word.to_owned(), value.to_string()]));
        self
    }

    fn limit(mut self, limit: Option<Limit>) -> Words {
        self.options
            .extend(limit.map(|Limit { offset, count }| vec!["LIMIT".into(), offset.to_string(), count.to_string()]));
        self
    }

    fn all_of(self, options: &Options) -> Words {
        let id = match &options.owner {
            Owner::Id(id) => Some(id),
            Owner::Unnamed | Owner::Nobody => None,
        };
        self.value("ID", id)
            .word("ANON", options.owner == Owner::Nobody)
            .value("GRACE", options.grace)
            .value("IP", options.ip.as_ref())
            .value("UA", options.ua.as_ref())
            .value("TTL", options.ttl)
            .word("NORESAVE", options.no_resave)
            .value("LIFETIME", options.lifetime)
            .value("MAX", options.max.map(|max| max.n))
            .word("REJECT", options.max.is_some_and(|max| max.reject))
            .value("DATA", options.data.as_ref().map(object_text))
    }

    fn listed(self, listing: Listing) -> Words {
        self.limit(listing.limit)
            .word("NODATA", listing.no_data)
            .word("WITHTOKENS", listing.tokens)
            .word("JSON", listing.json)
    }
}

impl Command {
    pub(super) fn words(&self) -> Words {
        match self {
            Command::Create { app, id, options } => Words::of(&["CREATE", app, id]).all_of(options),
            Command::Get { app, token, json } => Words::of(&["GET", app, token]).word("JSON", *json),
            Command::Peek { app, token, json } => Words::of(&["PEEK", app, token]).word("JSON", *json),
            Command::Set {
                app,
                token,
                changes,
                terms,
                json,
            } => Words::of(&["SET", app, token, &object_text(changes)])
                .value("IFW", terms.if_w)
                .value("IFID", terms.if_id.as_ref())
                .value("TTL", terms.ttl)
                .value("LIFETIME", terms.lifetime)
                .word("JSON", *json),
            Command::Save {
                app,
                token,
                data,
                only,
                if_w,
                options,
            } => Words::of(&["SAVE", app, token, &object_text(data)])
                .word("NX", *only == Some(Existence::New))
                .word("XX", *only == Some(Existence::Live))
                .value("IFW", *if_w)
                .all_of(options),
            Command::Incr { app, token, key, by } => Words::of(&["INCR", app, token, key]).value("BY", *by),
            Command::Touch { app, token, ttl } => Words::of(&["TOUCH", app, token]).value("TTL", *ttl),
            Command::Exists { app, token } => Words::of(&["EXISTS", app, token]),
            Command::Rotate { app, token, options } => Words::of(&["ROTATE", app, token]).all_of(options),
            Command::Kill { app, token } => Words::of(&["KILL", app, token]),
            Command::KillSoid { app, id, choice } => {
                let words = Words::of(&["KILLSOID", app, id]);
                match choice {
                    Choice::All => words,
                    Choice::Except(token) => words.value("EXCEPT", Some(token)),
                    Choice::Only(sid) => words.value("ONLY", Some(sid)),
                }
            }
            Command::KillAll { app } => Words::of(&["KILLALL", app]),
            Command::Soid {
                app,
                id,
                only,
                order,
                listing,
            } => Words::of(&["SOID", app, id])
                .value("ONLY", only.as_ref())
                .value("DT", listing.dt)
                .word("ASC", *order == Some(Order::Ascending))
                .word("DESC", *order == Some(Order::Descending))
                .listed(*listing),
            Command::Soapp { app, listing } => {
                Words::of(&["SOAPP", app, &listing.dt.unwrap_or(0).to_string()]).listed(*listing)
            }
            Command::Activity { app, dt } => Words::of(&["ACTIVITY", app, &dt.to_string()]),
            Command::Count { app, dt } => Words::of(&["COUNT", app]).value("DT", *dt),
            Command::CountSoid { app, id, dt } => Words::of(&["COUNTSOID", app, id]).value("DT", *dt),
            Command::Users { app, dt, limit } => Words::of(&["USERS", app, &dt.to_string()]).limit(*limit),
            Command::Wipe => Words::of(&["WIPE"]),
            Command::Refused { words, .. } => Words {
                placed: words.clone(),
                options: Vec::new(),
            },
        }
    }
}
