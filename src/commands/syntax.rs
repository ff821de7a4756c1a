//! The arguments of a command as data: what HELP, COMMAND DOCS, the hints of redis-cli,
//! syntax errors and redaction are made of.

use std::fmt;

/// An argument, or a group of them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Argument {
    pub(crate) name: &'static str,
    pub(crate) kind: ArgumentKind,
    /// The word in front of the value.
    pub(crate) token: Option<&'static str>,
    pub(crate) optional: bool,
    /// MONITOR and SLOWLOG must not show it.
    pub(crate) secret: bool,
}

/// An option: an argument that begins with a word of ours.
#[derive(Clone, Copy, Debug)]
pub(crate) struct OptionSyntax {
    /// Those with the same place exclude each other.
    pub(crate) place: Place,
    pub(crate) word: &'static str,
    /// How many values follow the word.
    pub(crate) values: usize,
    pub(crate) secret: bool,
}

/// Where the table has an option: the argument, and the option's place within a block.
pub(crate) type Place = (usize, usize);

#[derive(Clone, Copy, Debug)]
pub(crate) enum ArgumentKind {
    Text,
    Integer,
    /// The token alone.
    Flag,
    /// All of these in a row; those that are optional are options of their own, taken anywhere.
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

    pub(crate) const fn optional(self) -> Self {
        Self { optional: true, ..self }
    }

    pub(crate) const fn secret(self) -> Self {
        Self { secret: true, ..self }
    }

    /// How many values it has, the word not counted.
    const fn values(&self) -> usize {
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
    /// Whose a session is from then on.
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

/// How many of a block's parts come first and are not optional.
const fn required(parts: &[Argument]) -> usize {
    let mut rest = parts;
    while let [first, others @ ..] = rest
        && !first.optional
    {
        rest = others;
    }
    parts.len() - rest.len()
}

/// Those without a word, in their places.
pub(crate) fn positional(arguments: &'static [Argument]) -> impl Iterator<Item = &'static Argument> {
    arguments.iter().take_while(|argument| !argument.optional)
}

pub(crate) fn options(arguments: &'static [Argument]) -> impl Iterator<Item = OptionSyntax> {
    let option = |place: Place, argument: &Argument| {
        Some(OptionSyntax {
            place,
            word: argument.token?,
            values: argument.values(),
            secret: argument.secret,
        })
    };
    let choices = move |(place, argument): (usize, &'static Argument)| {
        let (choices, parts) = match argument.kind {
            ArgumentKind::OneOf(choices) => (choices, &[][..]),
            ArgumentKind::Block(parts) => (std::slice::from_ref(argument), parts),
            _ => (std::slice::from_ref(argument), &[][..]),
        };
        let choices = choices.iter().map(move |choice| option((place, 0), choice));
        let parts = (1..).zip(parts).filter(|(_, part)| part.optional);
        choices
            .chain(parts.map(move |(within, part)| option((place, within), part)))
            .flatten()
    };
    arguments.iter().enumerate().flat_map(choices)
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::SPECS;

    #[test]
    fn a_table_has_the_positional_arguments_first_and_each_option_once() {
        for spec in SPECS {
            let count = spec.positional_count();
            let (first, options) = spec.arguments.split_at(count);
            assert!(first.iter().all(|argument| argument.token.is_none()), "{}", spec.name);
            assert!(options.iter().all(|argument| argument.optional), "{}", spec.name);
            let mut words: Vec<&str> = spec.options().map(|option| option.word).collect();
            assert!(words.len() >= options.len(), "{}: an option without a word", spec.name);
            words.sort_unstable();
            assert!(
                words.windows(2).all(|pair| pair[0] != pair[1]),
                "{}: {words:?}",
                spec.name
            );
        }
    }

    #[test]
    fn tokens_data_and_its_keys_are_secrets_in_every_table() {
        for spec in SPECS {
            let names = positional(spec.arguments).filter(|argument| argument.secret);
            let names: Vec<&str> = names.map(|argument| argument.name).collect();
            let all = positional(spec.arguments).map(|argument| argument.name);
            let expected: Vec<&str> = all.filter(|name| ["token", "json", "key"].contains(name)).collect();
            assert_eq!(names, expected, "{}", spec.name);
            for option in spec.options() {
                assert_eq!(
                    option.secret,
                    ["DATA", "EXCEPT"].contains(&option.word),
                    "{}",
                    option.word
                );
            }
        }
    }
}
