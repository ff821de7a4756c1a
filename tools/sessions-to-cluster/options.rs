//! What the command line and the environment say.

use std::ffi::OsString;
use std::fmt;

use crate::session::ident::App;
use crate::trouble::Trouble;

pub(crate) const NAME: &str = "sessions-to-cluster";
const FROM_PASSWORD: &str = "SESSIONS_FROM_PASSWORD";
const TO_PASSWORD: &str = "SESSIONS_TO_PASSWORD";
const DEFAULT_PORT: u16 = 6379;

pub(crate) const HELP: &str = "\
Copies the sessions of a single Redis or Valkey server into a cluster that has the
module loaded, while both are in use. It only reads from the server. Run it again to
bring what has changed since.

  sessions-to-cluster [options] FROM TO

FROM  the single server:          redis://[user[:password]@]host[:port][/database]
TO    any one node of the cluster: redis://[user[:password]@]host[:port]

  --app APP        this app only; may be given several times (without it: all apps)
  --namespace NS   sessions.namespace of both (rs)
  --db N           the server's database, instead of /N in FROM (0)
  --dry-run        write nothing, say what would be done
  --mirror         also remove from the cluster what the server no longer has;
                   to be used before the site is switched to the cluster
  --force          the server is right in everything: also overwrite sessions that
                   were used on the cluster, bring back those that ended there, and
                   with --mirror remove those that were made there
  --help, --version

Passwords may also stand in the environment, SESSIONS_FROM_PASSWORD and
SESSIONS_TO_PASSWORD, where other users of the machine don't see them. TLS is not
spoken. Exit code 0: everything was done; 1: it was not.
";

#[derive(Debug)]
pub(crate) enum Asked {
    Help,
    Version,
    Copy(Box<Options>),
}

#[derive(Debug)]
pub(crate) struct Options {
    pub(crate) from: Login,
    pub(crate) to: Login,
    pub(crate) database: u32,
    pub(crate) namespace: String,
    /// None: all.
    pub(crate) apps: Vec<String>,
    pub(crate) dry_run: bool,
    pub(crate) mirror: bool,
    pub(crate) force: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Address {
    pub(crate) host: String,
    pub(crate) port: u16,
}

/// Where a server is, and as whom to speak to it.
pub(crate) struct Login {
    pub(crate) address: Address,
    pub(crate) user: Option<String>,
    pub(crate) password: Option<String>,
    /// From the path of the address.
    database: Option<u32>,
}

/// Without the password.
impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.address.fmt(f)
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

/// Reads the arguments behind the program's name.
pub(crate) fn read(
    arguments: impl Iterator<Item = OsString>,
    variable: impl Fn(&str) -> Option<OsString>,
) -> Result<Asked, Trouble> {
    let mut words = arguments.map(|word| word.into_string().map_err(|_| wrong("an argument is not UTF-8")));
    let (mut apps, mut addresses) = (Vec::new(), Vec::new());
    let (mut namespace, mut database) = (None, None);
    let (mut dry_run, mut mirror, mut force) = (false, false, false);
    while let Some(word) = words.next().transpose()? {
        let (option, mut value) = match word.split_once('=') {
            Some((option, value)) if option.starts_with("--") => (option, Some(value.to_owned())),
            _ => (word.as_str(), None),
        };
        let mut value_of = |what: &str| -> Result<String, Trouble> {
            let found = match value.take() {
                Some(value) => Some(value),
                None => words.next().transpose()?,
            };
            found.ok_or_else(|| wrong(&format!("{option} wants {what}")))
        };
        match option {
            "--help" | "-h" => return Ok(Asked::Help),
            "--version" => return Ok(Asked::Version),
            "--app" => {
                let app = checked_app(value_of("the name of an app")?)?;
                if !apps.contains(&app) {
                    apps.push(app);
                }
            }
            "--namespace" => namespace = Some(checked_namespace(value_of("a name")?)?),
            "--db" => database = Some(number(&value_of("a number")?)?),
            "--dry-run" => dry_run = true,
            "--mirror" => mirror = true,
            "--force" => force = true,
            _ if option.starts_with('-') => return Err(wrong("unknown option; --help lists them all")),
            _ => addresses.push(word.clone()),
        }
        if value.is_some() {
            return Err(wrong(&format!(
                "{} takes no value",
                word.split('=').next().unwrap_or("")
            )));
        }
    }
    let Ok([from, to]) = <[String; 2]>::try_from(addresses) else {
        return Err(wrong("two addresses are wanted, FROM and TO; --help explains them"));
    };
    let from = login("FROM", &from, FROM_PASSWORD, &variable)?;
    let to = login("TO", &to, TO_PASSWORD, &variable)?;
    if to.database.is_some_and(|database| database != 0) {
        return Err(wrong("TO: a cluster has no database but 0"));
    }
    if let (Some(one), Some(other)) = (from.database, database)
        && one != other
    {
        return Err(wrong("--db and FROM name different databases"));
    }
    Ok(Asked::Copy(Box::new(Options {
        database: database.or(from.database).unwrap_or(0),
        from,
        to,
        namespace: namespace.unwrap_or_else(|| "rs".to_owned()),
        apps,
        dry_run,
        mirror,
        force,
    })))
}

fn checked_app(app: String) -> Result<String, Trouble> {
    match App::parse(app.as_bytes()) {
        Ok(_) => Ok(app),
        Err(_) => Err(wrong("--app wants 1 to 64 characters of A-Z a-z 0-9 _ -")),
    }
}

fn checked_namespace(name: String) -> Result<String, Trouble> {
    if App::parse(name.as_bytes()).is_ok() && name.len() <= 32 {
        Ok(name)
    } else {
        Err(wrong("--namespace wants 1 to 32 characters of A-Z a-z 0-9 _ -"))
    }
}

fn number(text: &str) -> Result<u32, Trouble> {
    text.parse().map_err(|_| wrong("a database is a number from 0 on"))
}

/// Reads an address. No error repeats it: it may hold a password.
fn login(
    which: &str,
    text: &str,
    password_variable: &str,
    variable: impl Fn(&str) -> Option<OsString>,
) -> Result<Login, Trouble> {
    let bad = |why: &str| wrong(&format!("{which}: {why}"));
    let rest = match text.split_once("://") {
        Some(("redis" | "valkey", rest)) => rest,
        Some(("rediss" | "valkeys", _)) => {
            return Err(bad("TLS is not spoken; give an address that begins with redis://"));
        }
        _ => return Err(bad("an address begins with redis://")),
    };
    let (who, place) = match rest.rsplit_once('@') {
        Some((who, place)) => (Some(who), place),
        None => (None, rest),
    };
    let (place, database) = place.split_once('/').unwrap_or((place, ""));
    let database = match database {
        "" => None,
        text => Some(number(text).map_err(|_| bad("what follows the / is the number of a database"))?),
    };
    let (host, port) = match place.strip_prefix('[').and_then(|v6| v6.split_once(']')) {
        Some((host, rest)) => (host, rest.strip_prefix(':')),
        None => place
            .split_once(':')
            .map_or((place, None), |(host, port)| (host, Some(port))),
    };
    if host.is_empty() {
        return Err(bad("the host is missing"));
    }
    let port = match port {
        Some(port) => port.parse().map_err(|_| bad("the port is no number from 1 to 65535"))?,
        None => DEFAULT_PORT,
    };
    let decoded = |part: &str| decoded(part).ok_or_else(|| bad("user or password is not rightly percent-encoded"));
    let (user, mut password) = match who.map(|who| who.split_once(':').map_or((who, None), |(u, p)| (u, Some(p)))) {
        Some((user, password)) => (Some(decoded(user)?), password.map(decoded).transpose()?),
        None => (None, None),
    };
    if password.is_none()
        && let Some(found) = variable(password_variable)
    {
        let text = found.into_string();
        password = Some(text.map_err(|_| wrong(&format!("{password_variable} is not UTF-8")))?);
    }
    let user = user.filter(|user| !user.is_empty());
    if user.is_some() && password.is_none() {
        return Err(bad(&format!(
            "the user's password is missing; {password_variable} can hold it"
        )));
    }
    Ok(Login {
        address: Address {
            host: host.to_owned(),
            port,
        },
        user,
        password,
        database,
    })
}

/// Percent-encoding undone; `None` if it is wrong.
fn decoded(text: &str) -> Option<String> {
    let mut bytes = text.bytes();
    let mut plain = Vec::with_capacity(text.len());
    while let Some(byte) = bytes.next() {
        plain.push(if byte == b'%' {
            let digits = [bytes.next()?, bytes.next()?];
            let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
            let [high, low] = digits.map(digit);
            high? << 4 | low?
        } else {
            byte
        });
    }
    String::from_utf8(plain).ok()
}

fn wrong(text: &str) -> Trouble {
    Trouble::new(text)
}
