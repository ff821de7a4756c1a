//! The hash fields of a session: their names and order, which redis-sessions 4.0.0 shares.

use crate::stored_name::Storage;

/// The hash fields of a session, in the order in which they are written and read. `id` to
/// `no_resave` are the fields of redis-sessions 4.0.0, the others belong to the module only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    Id,
    R,
    W,
    Ip,
    La,
    Ttl,
    D,
    NoResave,
    Created,
    Until,
    Ua,
    Hashed,
    Graced,
    Slot,
}

impl Field {
    pub const COUNT: usize = 14;
    pub const ALL: [Self; Self::COUNT] = [
        Self::Id,
        Self::R,
        Self::W,
        Self::Ip,
        Self::La,
        Self::Ttl,
        Self::D,
        Self::NoResave,
        Self::Created,
        Self::Until,
        Self::Ua,
        Self::Hashed,
        Self::Graced,
        Self::Slot,
    ];

    /// The field with the id of the session's user.
    pub const fn of_owner(storage: Storage) -> Self {
        match storage {
            Storage::Plain => Self::Id,
            Storage::Hashed => Self::Hashed,
        }
    }

    pub const fn name(self) -> &'static str {
        match self {
            Self::Id => "id",
            Self::R => "r",
            Self::W => "w",
            Self::Ip => "ip",
            Self::La => "la",
            Self::Ttl => "ttl",
            Self::D => "d",
            Self::NoResave => "no_resave",
            Self::Created => "created",
            Self::Until => "until",
            Self::Ua => "ua",
            Self::Hashed => "hashed",
            Self::Graced => "graced",
            Self::Slot => "slot",
        }
    }
}

/// The values of a session's fields; `None`: the hash has no such field, or it was not read.
#[derive(Clone, Debug)]
pub struct Fields<B> {
    pub id: Option<B>,
    pub reads: Option<B>,
    pub writes: Option<B>,
    pub ip: Option<B>,
    pub last_activity: Option<B>,
    pub ttl: Option<B>,
    pub data: Option<B>,
    pub no_resave: Option<B>,
    pub created: Option<B>,
    pub until: Option<B>,
    pub user_agent: Option<B>,
    /// The id, if the token is hashed.
    pub hashed: Option<B>,
    pub graced: Option<B>,
}

impl<B> Default for Fields<B> {
    fn default() -> Self {
        Self::read(|_| None)
    }
}

impl<B> Fields<B> {
    /// Reads every field with `value`.
    pub fn read(mut value: impl FnMut(Field) -> Option<B>) -> Self {
        Self {
            id: value(Field::Id),
            reads: value(Field::R),
            writes: value(Field::W),
            ip: value(Field::Ip),
            last_activity: value(Field::La),
            ttl: value(Field::Ttl),
            data: value(Field::D),
            no_resave: value(Field::NoResave),
            created: value(Field::Created),
            until: value(Field::Until),
            user_agent: value(Field::Ua),
            hashed: value(Field::Hashed),
            graced: value(Field::Graced),
        }
    }

    /// The id to which the session belongs or belonged, because the fields may be leftovers.
    /// `None`: the fields do not belong to a session.
    pub fn owner(&self) -> Option<&B> {
        self.hashed.as_ref().or(self.id.as_ref())
    }

    pub fn have_owner(&self) -> bool {
        self.owner().is_some()
    }

    pub const fn storage(&self) -> Storage {
        if self.hashed.is_some() {
            Storage::Hashed
        } else {
            Storage::Plain
        }
    }

    /// How many fields have a value.
    pub fn count(&self) -> usize {
        let Self {
            id,
            reads,
            writes,
            ip,
            last_activity,
            ttl,
            data,
            no_resave,
            created,
            until,
            user_agent,
            hashed,
            graced,
        } = self;
        let all = [
            id,
            reads,
            writes,
            ip,
            last_activity,
            ttl,
            data,
            no_resave,
            created,
            until,
            user_agent,
            hashed,
            graced,
        ];
        all.into_iter().flatten().count()
    }

    /// Only the fields that decide to whom a session belongs and until when it lives.
    pub fn of_life(self) -> Self {
        Self {
            reads: None,
            writes: None,
            ip: None,
            data: None,
            user_agent: None,
            graced: None,
            ..self
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_enum_lists_the_fields_in_its_own_order() {
        for (position, field) in Field::ALL.into_iter().enumerate() {
            assert_eq!(field as usize, position);
        }
    }
}
