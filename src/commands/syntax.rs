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

/// An option: an argument that begins with a keyword.
#[derive(Clone, Copy, Debug)]
pub(crate) struct OptionSyntax {
    /// Options with the same place exclude each other.
    pub(crate) place: Place,
    pub(crate) word: &'static str,
    /// How many values follow the word.
    pub(crate) values: usize,
    pub(crate) secret: bool,
}

/// The position of an option in the table: the argument, and the option's position within a block.
pub(crate) type Place = (usize, usize);

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

impl OptionSyntax {
    const NONE: Self = Self {
        place: (0, 0),
        word: "",
        values: 0,
        secret: false,
    };
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

    /// How many values the argument has, without its word.
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
const fn required(parts: &[Argument]) -> usize {
    let mut rest = parts;
    while let [first, others @ ..] = rest
        && !first.optional
    {
        rest = others;
    }
    parts.len() - rest.len()
}

/// More options than any command has.
const MOST_OPTIONS: usize = 16;

/// A command's arguments, sorted at compile time into positional arguments and options. Every call
/// looks each of its words up here.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Table {
    positional: &'static [Argument],
    options: [OptionSyntax; MOST_OPTIONS],
    count: usize,
}

impl Table {
    pub(crate) const fn of(arguments: &'static [Argument]) -> Self {
        let (positional, mut rest) = arguments.split_at(required(arguments));
        let mut table = Self {
            positional,
            options: [OptionSyntax::NONE; MOST_OPTIONS],
            count: 0,
        };
        let mut place = positional.len();
        while let [argument, others @ ..] = rest {
            table.enter(place, argument);
            (place, rest) = (place + 1, others);
        }
        table
    }

    /// Adds the options of an argument.
    const fn enter(&mut self, place: usize, argument: &'static Argument) {
        const NOTHING: &[Argument] = &[];
        let (mut choices, mut parts) = match argument.kind {
            ArgumentKind::OneOf(choices) => (choices, NOTHING),
            ArgumentKind::Block(parts) => (std::slice::from_ref(argument), parts),
            _ => (std::slice::from_ref(argument), NOTHING),
        };
        while let [choice, others @ ..] = choices {
            self.enter_at((place, 0), choice);
            choices = others;
        }
        let mut within = 1;
        while let [part, others @ ..] = parts {
            if part.optional {
                self.enter_at((place, within), part);
            }
            (within, parts) = (within + 1, others);
        }
    }

    #[expect(clippy::indexing_slicing, reason = "a table that is too small does not compile")]
    const fn enter_at(&mut self, place: Place, argument: &Argument) {
        if let Some(word) = argument.token {
            self.options[self.count] = OptionSyntax {
                place,
                word,
                values: argument.values(),
                secret: argument.secret,
            };
            self.count += 1;
        }
    }

    /// The positional arguments in order.
    pub(crate) const fn positional(&self) -> &'static [Argument] {
        self.positional
    }

    pub(crate) fn options(&self) -> &[OptionSyntax] {
        self.options.get(..self.count).unwrap_or_default()
    }

    /// The option that begins with a word of a call.
    pub(crate) fn option(&self, word: &[u8]) -> Option<&OptionSyntax> {
        let is_its = |option: &&OptionSyntax| word.eq_ignore_ascii_case(option.word.as_bytes());
        self.options().iter().find(is_its)
    }
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
    use crate::commands::SPECS;

    #[test]
    fn a_table_has_the_positional_arguments_first_and_each_option_once() {
        for spec in SPECS {
            let table = spec.table();
            let (first, options) = spec.arguments.split_at(table.positional().len());
            assert!(first.iter().all(|argument| argument.token.is_none()), "{}", spec.name);
            assert!(options.iter().all(|argument| argument.optional), "{}", spec.name);
            let mut words: Vec<&str> = table.options().iter().map(|option| option.word).collect();
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
            let table = spec.table();
            let names = table.positional().iter().filter(|argument| argument.secret);
            let names: Vec<&str> = names.map(|argument| argument.name).collect();
            let all = table.positional().iter().map(|argument| argument.name);
            let expected: Vec<&str> = all.filter(|name| ["token", "json", "key"].contains(name)).collect();
            assert_eq!(names, expected, "{}", spec.name);
            for option in table.options() {
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
