//! The arguments of a command as data, from which HELP, COMMAND DOCS, the hints of redis-cli,
//! syntax errors and redaction are generated.

use std::fmt;

/// An argument, or a group of them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Argument {
    pub(crate) name: &'static str,
    pub(crate) kind: ArgumentKind,
    /// The word before the value.
    pub(crate) token: Option<&'static str>,
    pub(crate) optional: bool,
    /// MONITOR and SLOWLOG must not show it.
    pub(crate) secret: bool,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum ArgumentKind {
    Text,
    Integer,
    /// A word without a value.
    Flag,
    /// All of these in this order; optional parts are separate options, which are accepted
    /// anywhere.
    Block(&'static [Argument]),
    OneOf(&'static [Argument]),
}

impl Argument {
    pub(crate) const fn text(name: &'static str) -> Self {
        Self::new(name, ArgumentKind::Text)
    }

    pub(crate) const fn integer(name: &'static str) -> Self {
        Self::new(name, ArgumentKind::Integer)
    }

    pub(crate) const fn flag(name: &'static str, token: &'static str) -> Self {
        Self::new(name, ArgumentKind::Flag).after(token)
    }

    pub(crate) const fn one_of(name: &'static str, choices: &'static [Self]) -> Self {
        Self::new(name, ArgumentKind::OneOf(choices))
    }

    const fn new(name: &'static str, kind: ArgumentKind) -> Self {
        Self {
            name,
            kind,
            token: None,
            optional: false,
            secret: false,
        }
    }

    pub(crate) const fn after(self, token: &'static str) -> Self {
        Self {
            token: Some(token),
            ..self
        }
    }

    pub(super) const fn parts(&self) -> &'static [Self] {
        match self.kind {
            ArgumentKind::Block(parts) => parts,
            _ => &[],
        }
    }

    pub(crate) const fn optional(self) -> Self {
        Self { optional: true, ..self }
    }

    pub(crate) const fn secret(self) -> Self {
        Self { secret: true, ..self }
    }

    /// How many values the argument has, without its word.
    pub(super) const fn values(&self) -> usize {
        match self.kind {
            ArgumentKind::Flag => 0,
            ArgumentKind::Text | ArgumentKind::Integer | ArgumentKind::OneOf(_) => 1,
            ArgumentKind::Block(parts) => required(parts),
        }
    }

    pub(crate) const APP: Self = Self::text("app");
    pub(crate) const ID: Self = Self::text("id");
    pub(crate) const TOKEN: Self = Self::text("token").secret();
    pub(crate) const IP: Self = Self::text("ip").after("IP").optional();
    pub(crate) const UA: Self = Self::text("ua").after("UA").optional();
    pub(crate) const TTL: Self = Self::integer("seconds").after("TTL").optional();
    pub(crate) const LIFETIME: Self = Self::integer("seconds").after("LIFETIME").optional();
    pub(crate) const NO_RESAVE: Self = Self::flag("noresave", "NORESAVE").optional();
    pub(crate) const IF_W: Self = Self::integer("w").after("IFW").optional();
    pub(crate) const DATA: Self = Self::text("json").after("DATA").secret().optional();
    pub(crate) const ANON: Self = Self::flag("anon", "ANON");
    /// The owner of a session from then on.
    pub(crate) const OWNER: Self = Self::one_of("owner", &[Self::ID.after("ID"), Self::ANON]).optional();
    pub(crate) const DT: Self = Self::integer("seconds").after("DT").optional();
    pub(crate) const JSON: Self = Self::flag("json", "JSON").optional();
    pub(crate) const NO_DATA: Self = Self::flag("nodata", "NODATA").optional();
    pub(crate) const WITH_TOKENS: Self = Self::flag("withtokens", "WITHTOKENS").optional();
    pub(crate) const LIMIT: Self = Self::new(
        "limit",
        ArgumentKind::Block(&[Self::integer("offset"), Self::integer("count")]),
    )
    .after("LIMIT")
    .optional();
    /// How many sessions the id of the session may have.
    pub(crate) const MAX: Self = Self::new(
        "max",
        ArgumentKind::Block(&[Self::integer("n"), Self::flag("reject", "REJECT").optional()]),
    )
    .after("MAX")
    .optional();
}

/// How many parts at the beginning of a block are not optional.
pub(super) const fn required(parts: &[Argument]) -> usize {
    let mut rest = parts;
    while let [first, others @ ..] = rest
        && !first.optional
    {
        rest = others;
    }
    parts.len() - rest.len()
}

impl fmt::Display for Argument {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.optional {
            f.write_str("[")?;
        }
        if let Some(token) = self.token {
            f.write_str(token)?;
        }
        let (parts, separator) = match self.kind {
            ArgumentKind::Flag => (&[][..], ""),
            ArgumentKind::Text | ArgumentKind::Integer => {
                let space = if self.token.is_some() { " " } else { "" };
                write!(f, "{space}{}", self.name)?;
                (&[][..], "")
            }
            ArgumentKind::Block(parts) => {
                if self.token.is_some() {
                    f.write_str(" ")?;
                }
                (parts, " ")
            }
            ArgumentKind::OneOf(choices) => (choices, " | "),
        };
        for (position, part) in parts.iter().enumerate() {
            if position > 0 {
                f.write_str(separator)?;
            }
            write!(f, "{part}")?;
        }
        if self.optional {
            f.write_str("]")?;
        }
        Ok(())
    }
}
