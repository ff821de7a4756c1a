//! The results of finished work, and the entries of lists.

use sessions_model::ident::Sid;
use sessions_model::number::{Limit, Window};
use sessions_model::session::{Seconds, Session};
use sessions_model::stored_name::StoredName;

/// The result of a finished job.
#[derive(Debug)]
pub(crate) enum Outcome<B> {
    Count(u64),
    Sessions(Vec<ListEntry<B>>),
    Ids(Vec<Vec<u8>>),
}

/// A session of a list.
#[derive(Clone, Debug)]
pub(crate) struct ListEntry<B> {
    pub(crate) name: StoredName,
    pub(crate) session: Session<B>,
    /// When the session was read.
    pub(crate) at: Seconds,
}

/// Which sessions of an id are listed, and in which order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Listing {
    /// `None`: all.
    pub(crate) only: Option<Sid>,
    pub(crate) window: Window,
    pub(crate) sorting: Sorting,
    pub(crate) limit: Limit,
    pub(crate) detail: Detail,
}

/// How much of a session is read and kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Detail {
    #[default]
    Full,
    WithoutData,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sorting {
    LastActiveFirst,
    LeastActiveFirst,
}
