//! One cursor over a command's arguments.

use super::reply::Format;
use crate::error::Error;
use crate::session::ident::{App, Id, Token};
use crate::session::number::{Limit, Window};

/// The arguments behind a command's name, as they come.
#[derive(Debug)]
pub(crate) struct Args<'a> {
    rest: std::slice::Iter<'a, &'a [u8]>,
}

impl<'a> Args<'a> {
    pub(crate) fn new(arguments: &'a [&'a [u8]]) -> Self {
        Self { rest: arguments.iter() }
    }

    /// The next positional argument; the count has been checked before.
    pub(crate) fn positional(&mut self) -> Result<&'a [u8], Error> {
        self.rest.next().copied().ok_or(Error::WrongArity)
    }

    pub(crate) fn app(&mut self) -> Result<App<'a>, Error> {
        App::parse(self.positional()?)
    }

    pub(crate) fn id(&mut self) -> Result<Id<'a>, Error> {
        Id::parse(self.positional()?)
    }

    pub(crate) fn token(&mut self) -> Result<Token, Error> {
        Token::parse(self.positional()?)
    }

    pub(crate) fn window(&mut self) -> Result<Window, Error> {
        Window::parse(self.positional()?)
    }

    /// Options of a command that has none but JSON.
    pub(crate) fn format(&mut self) -> Result<Format, Error> {
        let mut json = None;
        while let Some(option) = self.option() {
            match option.as_bytes() {
                b"JSON" => once(&mut json, || Ok(Format::Json))?,
                _ => return Err(Error::Syntax),
            }
        }
        Ok(json.unwrap_or_default())
    }

    /// The next option word, in upper case; `None` at the end.
    pub(crate) fn option(&mut self) -> Option<OptionWord> {
        self.rest.next().map(|word| OptionWord(word.to_ascii_uppercase()))
    }

    /// The value of an option.
    pub(crate) fn value(&mut self) -> Result<&'a [u8], Error> {
        self.rest.next().copied().ok_or(Error::Syntax)
    }

    /// The two values of LIMIT.
    pub(crate) fn limit(&mut self) -> Result<Limit, Error> {
        let (offset, count) = (self.value()?, self.value()?);
        Limit::parse(offset, count)
    }
}

/// A word where an option is expected.
#[derive(Debug)]
pub(crate) struct OptionWord(Vec<u8>);

impl OptionWord {
    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

/// Takes an option, which may be given once; its value is not looked at the second time.
pub(crate) fn once<T>(place: &mut Option<T>, value: impl FnOnce() -> Result<T, Error>) -> Result<(), Error> {
    if place.is_some() {
        return Err(Error::Syntax);
    }
    *place = Some(value()?);
    Ok(())
}
