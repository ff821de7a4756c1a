//! The words of a call by a command's arguments: which arguments have a place, and which words begin
//! an option.

use sessions_model::error::SyntaxReason;

use super::syntax::{Argument, ArgumentKind, required};

/// An option: an argument that begins with a keyword.
#[derive(Clone, Copy, Debug)]
pub(crate) struct OptionSyntax {
    /// Options with the same place exclude each other.
    pub(crate) place: Place,
    pub(crate) word: &'static str,
    /// How many values follow the word.
    pub(crate) values: usize,
    /// What a block consists of; its required parts are the values.
    parts: &'static [Argument],
    pub(crate) secret: bool,
}

/// The position of an option in the table: the argument, and the option's position within a block.
pub(crate) type Place = (usize, usize);

impl OptionSyntax {
    const NONE: Self = Self {
        place: (0, 0),
        word: "",
        values: 0,
        parts: &[],
        secret: false,
    };

    /// What is wrong with a call that ends before the option's last value.
    pub(crate) fn without_values(&self) -> SyntaxReason {
        match self.parts.get(..self.values) {
            Some([one, other]) => SyntaxReason::NoTwoValues(self.word, [one.name, other.name]),
            _ => SyntaxReason::NoValue(self.word),
        }
    }
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
                parts: argument.parts(),
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
