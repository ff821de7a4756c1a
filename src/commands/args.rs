//! Splits the arguments of a call by the command's table in [`Spec`]. Every wrong count and every
//! syntax error is found here, so a command only reads the arguments that it requires.

use super::Spec;
use super::reply::{Format, Tokens, View};
use super::table::{Place, Table};
use crate::store::{Cap, Client, Detail, WhenFull};
use sessions_model::data::{Data, Key};
use sessions_model::error::{Error, SyntaxReason};
use sessions_model::ident::{App, Id, Ip, Owner, Token, UserAgent};
use sessions_model::number::{Lifetime, Limit, Max, Ttl, Window};
use sessions_model::session::Terms;

#[derive(Debug)]
pub(crate) struct Args<'a> {
    spec: &'a Spec,
    positional: std::slice::Iter<'a, &'a [u8]>,
    app: Option<App<'a>>,
    options: Vec<Given<'a>>,
}

/// An option of the call.
#[derive(Debug)]
struct Given<'a> {
    place: Place,
    word: &'static str,
    values: &'a [&'a [u8]],
}

impl<'a> Args<'a> {
    /// `arguments` are the arguments after the command's name.
    pub(crate) fn split(spec: &'a Spec, table: &Table, arguments: &'a [&'a [u8]]) -> Result<Self, Error> {
        let Some((positional, mut rest)) = arguments.split_at_checked(table.positional().len()) else {
            return Err(Error::WrongArity);
        };
        if table.options().is_empty() && !rest.is_empty() {
            return Err(Error::WrongArity);
        }
        let mut options: Vec<Given<'a>> = Vec::new();
        while let [word, behind @ ..] = rest {
            let position = arguments.len() - behind.len();
            let option = table
                .option(word)
                .ok_or_else(|| spec.syntax_error(SyntaxReason::Unknown { position }))?;
            if let Some(earlier) = options.iter().find(|given| given.place == option.place) {
                let reason = if earlier.word == option.word {
                    SyntaxReason::Twice(option.word)
                } else {
                    SyntaxReason::Exclusive(earlier.word, option.word)
                };
                return Err(spec.syntax_error(reason));
            }
            let (values, behind) = behind
                .split_at_checked(option.values)
                .ok_or_else(|| spec.syntax_error(option.without_values()))?;
            options.push(Given {
                place: option.place,
                word: option.word,
                values,
            });
            rest = behind;
        }
        Ok(Self {
            spec,
            positional: positional.iter(),
            app: None,
            options,
        })
    }

    /// The next positional argument.
    pub(crate) fn positional(&mut self) -> Result<&'a [u8], Error> {
        self.positional.next().copied().ok_or(Error::WrongArity)
    }

    pub(crate) fn app(&mut self) -> Result<App<'a>, Error> {
        let app = App::parse(self.positional()?)?;
        self.app = Some(app);
        Ok(app)
    }

    /// The app, if the command has read it.
    pub(crate) const fn named_app(&self) -> Option<App<'a>> {
        self.app
    }

    /// An id whose sessions are looked up.
    pub(crate) fn id(&mut self) -> Result<Id<'a>, Error> {
        Id::parse(self.positional()?)
    }

    /// An id for a session.
    pub(crate) fn new_id(&mut self) -> Result<Id<'a>, Error> {
        Id::parse_new(self.positional()?)
    }

    /// The same, but the id may be empty, which is `None`.
    pub(crate) fn new_id_or_empty(&mut self) -> Result<Option<Id<'a>>, Error> {
        match self.positional()? {
            b"" => Ok(None),
            id => Id::parse_new(id).map(Some),
        }
    }

    /// A token by which a session is looked up. `None`: it is not a token, so no session has it.
    pub(crate) fn token(&mut self) -> Result<Option<Token>, Error> {
        self.positional().map(Token::parse)
    }

    pub(crate) fn key(&mut self) -> Result<Key<'a>, Error> {
        Key::parse(self.positional()?)
    }

    pub(crate) fn window(&mut self) -> Result<Window, Error> {
        Window::parse(self.positional()?)
    }

    pub(crate) fn data(&mut self) -> Result<Data<'a>, Error> {
        Data::parse(self.positional()?).map_err(Error::InvalidData)
    }

    /// The value of an option that has one; `None`: the option is not given.
    pub(crate) fn option<T>(
        &self,
        word: &str,
        parse: impl FnOnce(&'a [u8]) -> Result<T, Error>,
    ) -> Result<Option<T>, Error> {
        match self.values(word) {
            Some([value]) => parse(value).map(Some),
            _ => Ok(None),
        }
    }

    /// Whether an option is given.
    pub(crate) fn has(&self, word: &str) -> bool {
        self.values(word).is_some()
    }

    /// DT; no limit by default.
    pub(crate) fn dt(&self) -> Result<Window, Error> {
        Ok(self.option("DT", Window::parse)?.unwrap_or(Window::Ever))
    }

    /// LIMIT, by default everything.
    pub(crate) fn limit(&self) -> Result<Limit, Error> {
        match self.values("LIMIT") {
            Some([offset, count]) => Limit::parse(offset, count),
            _ => Ok(Limit::ALL),
        }
    }

    /// JSON.
    pub(crate) fn format(&self) -> Format {
        if self.has("JSON") { Format::Json } else { Format::Native }
    }

    /// NODATA.
    fn detail(&self) -> Detail {
        if self.has("NODATA") {
            Detail::WithoutData
        } else {
            Detail::Full
        }
    }

    /// NODATA, WITHTOKENS and JSON.
    pub(crate) fn view(&self) -> View {
        View {
            detail: self.detail(),
            tokens: self.tokens(),
            format: self.format(),
        }
    }

    /// WITHTOKENS.
    fn tokens(&self) -> Tokens {
        if self.has("WITHTOKENS") {
            Tokens::Shown
        } else {
            Tokens::Hidden
        }
    }

    /// IP and UA: the address and the user agent of a use.
    pub(crate) fn client(&self) -> Result<Client<'a>, Error> {
        Ok(Client {
            ip: self.option("IP", Ip::parse)?,
            user_agent: self.option("UA", |bytes| Ok(UserAgent::parse(bytes)))?,
        })
    }

    /// ID or ANON: the owner of the session from then on.
    pub(crate) fn owner(&self) -> Result<Option<Owner<'a>>, Error> {
        if self.has("ANON") {
            return Ok(Some(Owner::Nobody));
        }
        Ok(self.option("ID", Id::parse_new)?.map(Owner::Id))
    }

    /// TTL, LIFETIME and NORESAVE.
    pub(crate) fn terms(&self) -> Result<Terms, Error> {
        Ok(Terms {
            ttl: self.option("TTL", Ttl::parse)?,
            lifetime: self.option("LIFETIME", Lifetime::parse)?,
            no_resave: self.has("NORESAVE"),
        })
    }

    /// DATA.
    pub(crate) fn given_data(&self) -> Result<Option<Data<'a>>, Error> {
        self.option("DATA", |json| Data::parse(json).map_err(Error::InvalidData))
    }

    /// Refuses two options that exclude each other and that the table lists separately.
    pub(crate) fn exclude(&self, one: &'static str, other: &'static str) -> Result<(), Error> {
        if self.has(one) && self.has(other) {
            return Err(self.spec.syntax_error(SyntaxReason::Exclusive(one, other)));
        }
        Ok(())
    }

    /// Refuses an option without the option that it requires.
    pub(crate) fn require(&self, one: &'static str, other: &'static str) -> Result<(), Error> {
        if self.has(one) && !self.has(other) {
            return Err(self.spec.syntax_error(SyntaxReason::Requires(one, other)));
        }
        Ok(())
    }

    /// MAX and REJECT: how many sessions the session's id may have.
    pub(crate) fn cap(&self) -> Result<Option<Cap>, Error> {
        let when_full = if self.has("REJECT") {
            WhenFull::Refuse
        } else {
            WhenFull::KillLeastActive
        };
        let max = self.option("MAX", Max::parse)?;
        Ok(max.map(|max| Cap { max, when_full }))
    }

    fn values(&self, word: &str) -> Option<&'a [&'a [u8]]> {
        let given = self.options.iter().find(|given| given.word == word)?;
        Some(given.values)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::Command;
    use crate::commands::countsoid::CountSoid;
    use crate::commands::exists::Exists;
    use crate::commands::soid::Soid;

    /// The error for arguments that are separated by spaces.
    fn error_of(spec: &Spec, arguments: &str) -> Option<String> {
        let arguments: Vec<&[u8]> = arguments.split_whitespace().map(str::as_bytes).collect();
        Args::split(spec, &spec.table(), &arguments)
            .err()
            .map(|error| error.to_string())
    }

    #[test]
    fn a_syntax_error_names_the_reason_and_shows_the_syntax() {
        let syntax = "SESSIONS.COUNTSOID app id [DT seconds]";
        for (arguments, reason) in [
            ("web u1 600", "unknown option at argument 3"),
            ("web u1 DT 1 600", "unknown option at argument 5"),
            ("web u1 dt", "DT requires a value"),
            ("web u1 DT 1 dt 1", "DT is given twice"),
            ("web u1 DT 1 DT", "DT is given twice"),
        ] {
            let expected = format!("ERR syntax error: {reason}; usage: {syntax}");
            assert_eq!(error_of(&CountSoid::SPEC, arguments), Some(expected), "{arguments}");
        }
        for (arguments, reason) in [
            ("web u1 ASC ASC", "ASC is given twice"),
            ("web u1 asc desc", "ASC and DESC cannot be combined"),
            ("web u1 DESC JSON ASC", "DESC and ASC cannot be combined"),
            ("web u1 LIMIT", "LIMIT requires two values: offset and count"),
            ("web u1 LIMIT 0", "LIMIT requires two values: offset and count"),
            ("web u1 LIMIT 0 1 LIMIT 0", "LIMIT is given twice"),
            ("web u1 LIMIT 0 1 2", "unknown option at argument 6"),
        ] {
            let error = error_of(&Soid::SPEC, arguments).unwrap();
            let start = format!(
                "ERR syntax error: {reason}; usage: SESSIONS.SOID app id [ONLY sid] [DT seconds] [ASC | DESC] "
            );
            assert!(error.starts_with(&start), "{arguments}: {error}");
        }
    }

    #[test]
    fn a_count_that_the_table_does_not_have_is_not_a_syntax_error() {
        for arguments in ["", "web", "web token more"] {
            let error = error_of(&Exists::SPEC, arguments);
            assert_eq!(error.as_deref(), Some("ERR wrong number of arguments"), "{arguments}");
        }
        assert_eq!(
            error_of(&CountSoid::SPEC, "web").as_deref(),
            Some("ERR wrong number of arguments")
        );
    }

    #[test]
    fn options_are_accepted_in_any_order_and_case() {
        let arguments: [&[u8]; 8] = [b"web", b"u1", b"json", b"Limit", b"2", b"DT", b"DT", b"5"];
        let args = Args::split(&Soid::SPEC, &Soid::TABLE, &arguments).unwrap();
        assert_eq!(args.limit(), Err(Error::InvalidLimit), "LIMIT takes DT as its count");
        let arguments: [&[u8]; 8] = [b"web", b"u1", b"json", b"Limit", b"2", b"-1", b"dt", b"5"];
        let args = Args::split(&Soid::SPEC, &Soid::TABLE, &arguments).unwrap();
        assert_eq!(args.format(), Format::Json);
        assert_eq!(args.tokens(), Tokens::Hidden);
        assert_eq!(args.limit(), Ok(Limit { offset: 2, count: None }));
        assert_eq!(args.dt(), Ok(Window::Last(5)));
    }
}
