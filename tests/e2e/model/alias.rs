//! Old tokens and the sessions that they lead to, by the rules of GRACE.

use super::database::Stored;
use super::session::Session;
use super::state::State;

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Alias {
    pub(super) app: String,
    pub(super) old: String,
    pub(super) to: String,
    pub(super) until: i64,
    pub(super) of: String,
    pub(super) since: i64,
    /// Whether the token can only be used to repeat the log-in.
    pub(super) is_of_log_in: bool,
}

impl Alias {
    fn is_over(&self, now: i64) -> bool {
        !(0..=60).contains(&(self.until - now))
    }

    /// Whether the server has removed the alias, or may do so in this second.
    pub(super) fn may_be_gone(&self, now: i64) -> bool {
        self.until < now
    }

    pub(super) fn stored(&self) -> Stored {
        let login = self.is_of_log_in.then_some(("login", "1".to_owned()));
        let fields = [
            ("to", self.to.clone()),
            ("until", self.until.to_string()),
            ("of", self.of.clone()),
            ("since", self.since.to_string()),
        ];
        let named = fields.into_iter().chain(login);
        Stored::Hash(named.map(|(name, value)| (name.to_owned(), value)).collect())
    }
}

impl State {
    /// The live session that a token names, as its present token or as an old one within its grace.
    pub(super) fn named(&self, app: &str, token: &str, now: i64) -> Option<&Session> {
        match self.find(app, token) {
            Some(session) => Some(session).filter(|session| session.is_live(now)),
            None => self.led_to(app, token, now, false),
        }
    }

    /// The live session to which a token leads as the old token of a log-in.
    pub(super) fn logged_in(&self, app: &str, token: &str, now: i64) -> Option<&Session> {
        match self.find(app, token) {
            Some(_) => None,
            None => self.led_to(app, token, now, true),
        }
    }

    fn led_to(&self, app: &str, old: &str, now: i64, is_of_log_in: bool) -> Option<&Session> {
        let alias = self.aliases.iter().find(|alias| alias.app == app && alias.old == old)?;
        let session = self.find_live(app, &alias.to, now)?;
        let agrees = (&session.id, session.created, session.graced) == (&alias.of, alias.since, Some(alias.until));
        (agrees && alias.is_of_log_in == is_of_log_in && !alias.is_over(now)).then_some(session)
    }

    pub(super) fn drop_alias(&mut self, app: &str, old: &str) {
        self.aliases.retain(|alias| alias.app != app || alias.old != old);
    }

    /// The aliases of a session.
    pub(super) fn aliases_to(&mut self, session: &Session) -> impl Iterator<Item = &mut Alias> {
        let (app, token) = (session.app.clone(), session.token.clone());
        let all = self.aliases.iter_mut();
        all.filter(move |alias| alias.app == app && alias.to == token)
    }
}
