//! The commands as the model understands them.

use super::data::Entries;

#[derive(Clone, Debug)]
pub(super) enum Command {
    Create {
        app: String,
        id: String,
        options: Options,
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
        terms: Terms,
        json: bool,
    },
    Save {
        app: String,
        token: String,
        data: Entries,
        only: Option<Existence>,
        if_w: Option<i64>,
        options: Options,
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
        options: Options,
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

impl Command {
    /// Whether the reply lists or counts sessions by their hashes, which may take several slices.
    pub(super) const fn is_list(&self) -> bool {
        matches!(
            self,
            Self::Soid { .. } | Self::Soapp { .. } | Self::CountSoid { .. } | Self::Users { .. }
        )
    }
}

/// The options of CREATE, SAVE and ROTATE about a session.
#[derive(Clone, Debug, Default)]
pub(super) struct Options {
    pub(super) owner: Owner,
    pub(super) ip: Option<String>,
    pub(super) ua: Option<String>,
    pub(super) ttl: Option<i64>,
    pub(super) no_resave: bool,
    pub(super) lifetime: Option<i64>,
    pub(super) max: Option<Max>,
    pub(super) grace: Option<i64>,
    pub(super) data: Option<Entries>,
}

/// How many sessions the id may have.
#[derive(Clone, Copy, Debug)]
pub(super) struct Max {
    pub(super) n: usize,
    pub(super) reject: bool,
}

/// To whom a session is to belong.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) enum Owner {
    #[default]
    Unnamed,
    Id(String),
    Nobody,
}

/// The options of SET.
#[derive(Clone, Debug, Default)]
pub(super) struct Terms {
    pub(super) if_w: Option<i64>,
    pub(super) if_id: Option<String>,
    pub(super) ttl: Option<i64>,
    pub(super) lifetime: Option<i64>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Existence {
    /// NX
    New,
    /// XX
    Live,
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
    pub(super) no_data: bool,
    pub(super) tokens: bool,
    pub(super) json: bool,
}
