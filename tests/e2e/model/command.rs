//! The commands as the model understands them.

use super::data::{Entries, object_text};

#[derive(Clone, Debug)]
pub(super) enum Command {
    Create {
        app: String,
        id: String,
        options: Creation,
    },
    Get {
        app: String,
        token: String,
        json: bool,
    },
    Peek {
        app: String,
        token: String,
        json: bool,
    },
    Set {
        app: String,
        token: String,
        changes: Entries,
        json: bool,
    },
    Incr {
        app: String,
        token: String,
        key: String,
        by: Option<i64>,
    },
    Touch {
        app: String,
        token: String,
        ttl: Option<i64>,
    },
    Exists {
        app: String,
        token: String,
    },
    Rotate {
        app: String,
        token: String,
        id: Option<String>,
    },
    Kill {
        app: String,
        token: String,
    },
    KillSoid {
        app: String,
        id: String,
        choice: Choice,
    },
    KillAll {
        app: String,
    },
    Soid {
        app: String,
        id: String,
        only: Option<String>,
        order: Option<Order>,
        listing: Listing,
    },
    Soapp {
        app: String,
        listing: Listing,
    },
    Activity {
        app: String,
        dt: i64,
    },
    Count {
        app: String,
        dt: Option<i64>,
    },
    CountSoid {
        app: String,
        id: String,
        dt: Option<i64>,
    },
    Users {
        app: String,
        dt: i64,
        limit: Option<Limit>,
    },
    Wipe,
    Refused {
        words: Vec<String>,
        error: &'static str,
    },
}

#[derive(Clone, Debug, Default)]
pub(super) struct Creation {
    pub(super) ip: Option<String>,
    pub(super) ua: Option<String>,
    pub(super) ttl: Option<i64>,
    pub(super) no_resave: bool,
    pub(super) lifetime: Option<i64>,
    pub(super) data: Option<Entries>,
}

#[derive(Clone, Debug)]
pub(super) enum Choice {
    All,
    Except(String),
    Only(String),
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Order {
    Ascending,
    Descending,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Limit {
    pub(super) offset: i64,
    /// -1: all.
    pub(super) count: i64,
}

impl Limit {
    /// Where the page of `length` items starts and how many it holds.
    pub(super) fn page(limit: Option<Limit>, length: usize) -> (usize, usize) {
        let Some(Limit { offset, count }) = limit else {
            return (0, length);
        };
        let start = length.min(usize::try_from(offset).unwrap_or(usize::MAX));
        let most = usize::try_from(count).unwrap_or(usize::MAX);
        (start, most.min(length - start))
    }
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Listing {
    pub(super) dt: Option<i64>,
    pub(super) limit: Option<Limit>,
    pub(super) data: bool,
    pub(super) tokens: bool,
    pub(super) json: bool,
}

/// The words of a command: those with a place, then groups that may stand in any order.
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
}

impl Command {
    pub(super) fn words(&self) -> Words {
        match self {
            Command::Create { app, id, options } => Words::of(&["CREATE", app, id])
                .value("IP", options.ip.as_ref())
                .value("UA", options.ua.as_ref())
                .value("TTL", options.ttl)
                .word("NORESAVE", options.no_resave)
                .value("LIFETIME", options.lifetime)
                .value("DATA", options.data.as_ref().map(object_text)),
            Command::Get { app, token, json } => Words::of(&["GET", app, token]).word("JSON", *json),
            Command::Peek { app, token, json } => Words::of(&["PEEK", app, token]).word("JSON", *json),
            Command::Set {
                app,
                token,
                changes,
                json,
            } => Words::of(&["SET", app, token, &object_text(changes)]).word("JSON", *json),
            Command::Incr { app, token, key, by } => Words::of(&["INCR", app, token, key]).value("BY", *by),
            Command::Touch { app, token, ttl } => Words::of(&["TOUCH", app, token]).value("TTL", *ttl),
            Command::Exists { app, token } => Words::of(&["EXISTS", app, token]),
            Command::Rotate { app, token, id } => Words::of(&["ROTATE", app, token]).value("ID", id.as_ref()),
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
                .limit(listing.limit)
                .word("NODATA", !listing.data)
                .word("WITHTOKENS", listing.tokens)
                .word("JSON", listing.json),
            Command::Soapp { app, listing } => Words::of(&["SOAPP", app, &listing.dt.unwrap_or(0).to_string()])
                .limit(listing.limit)
                .word("NODATA", !listing.data)
                .word("WITHTOKENS", listing.tokens)
                .word("JSON", listing.json),
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
