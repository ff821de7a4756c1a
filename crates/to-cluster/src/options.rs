//! The options from the command line and the environment.

use std::ffi::OsString;

use lexopt::{Arg, Error, Parser};

use crate::failure::Failure;
use crate::login::Login;
use crate::tls::{HostNames, TlsOptions};
use sessions_model::ident::App;

pub(crate) const NAME: &str = "sessions-to-cluster";
const FROM_PASSWORD: &str = "SESSIONS_FROM_PASSWORD";
const TO_PASSWORD: &str = "SESSIONS_TO_PASSWORD";

pub(crate) const HELP: &str = "\
Copies the sessions of a single Redis or Valkey server into a cluster that has the
module loaded, while both are in use. It only reads from the server. Run it again to
copy later changes.

  sessions-to-cluster [options] FROM TO

FROM  the single server:          redis://[user[:password]@]host[:port][/database]
TO    any one node of the cluster: redis://[user[:password]@]host[:port]

With rediss:// instead of redis://, connections to the server or the nodes use TLS.

  --app APP        copy only this app; may be given several times (default: all apps)
  --namespace NS   sessions.namespace of both (default: rs)
  --db N           the server's database, instead of /N in FROM (default: 0)
  --dry-run        write nothing, report what would be done
  --mirror         also remove sessions from the cluster that the server no longer
                   has; use it before the site is switched to the cluster
  --force          the server takes precedence: also overwrite sessions that were used
                   on the cluster, restore sessions that ended there, and with
                   --mirror remove sessions that were created there
  --cacert FILE    certificates of the authorities that sign the servers' certificates
                   (default: the authorities that the system trusts)
  --cert FILE      a certificate to show to the servers, and
  --key FILE       its private key; all three files are PEM
  --any-hostname   accept certificates that name another host than the address, as
                   redis-cli does; requires --cacert
  --help, --version

The environment variables SESSIONS_FROM_PASSWORD and SESSIONS_TO_PASSWORD can hold the
passwords; other users of the machine can read the command line. The exit code is 0 if
everything was done, otherwise 1.
";

#[derive(Debug)]
pub(crate) enum Request {
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
    /// Empty: all.
    pub(crate) apps: Vec<String>,
    pub(crate) dry_run: bool,
    pub(crate) mirror: bool,
    pub(crate) force: bool,
}

/// Reads the arguments after the program's name.
pub(crate) fn read(
    arguments: impl Iterator<Item = OsString>,
    variable: impl Fn(&str) -> Option<OsString>,
) -> Result<Request, Failure> {
    let mut parser = Parser::from_args(arguments);
    let (mut apps, mut addresses) = (Vec::new(), Vec::new());
    let (mut namespace, mut database) = (None, None);
    let (mut dry_run, mut mirror, mut force) = (false, false, false);
    let mut tls = TlsOptions::default();
    while let Some(argument) = parser.next().map_err(|error| wrong(&error))? {
        match argument {
            Arg::Long("help") | Arg::Short('h') => return Ok(Request::Help),
            Arg::Long("version") | Arg::Short('V') => return Ok(Request::Version),
            Arg::Long("app") => {
                let app = checked_app(text(&mut parser)?)?;
                if !apps.contains(&app) {
                    apps.push(app);
                }
            }
            Arg::Long("namespace") => namespace = Some(checked_namespace(text(&mut parser)?)?),
            Arg::Long("db") => {
                let number = text(&mut parser)?.parse();
                database = Some(number.map_err(|_| Failure::new("--db requires a whole number, 0 or more"))?);
            }
            Arg::Long("dry-run") => dry_run = true,
            Arg::Long("mirror") => mirror = true,
            Arg::Long("force") => force = true,
            Arg::Long("cacert") => tls.cacert = Some(value(&mut parser)?),
            Arg::Long("cert") => tls.cert = Some(value(&mut parser)?),
            Arg::Long("key") => tls.key = Some(value(&mut parser)?),
            Arg::Long("any-hostname") => tls.host_names = HostNames::Any,
            Arg::Value(address) => addresses.push(utf8(address)?),
            unknown => return Err(wrong(&unknown.unexpected())),
        }
    }
    let Ok([from, to]) = <[String; 2]>::try_from(addresses) else {
        return Err(Failure::new("expected two addresses, FROM and TO; see --help"));
    };
    let read_tls = tls.read()?;
    let from = Login::read("FROM", &from, FROM_PASSWORD, &variable, &read_tls)?;
    let to = Login::read("TO", &to, TO_PASSWORD, &variable, &read_tls)?;
    if tls.is_given() && !from.uses_tls() && !to.uses_tls() {
        return Err(Failure::new(
            "--cacert, --cert, --key and --any-hostname require an address that begins with rediss://",
        ));
    }
    if to.database.is_some_and(|database| database != 0) {
        return Err(Failure::new("TO: a cluster has only database 0"));
    }
    if let (Some(one), Some(other)) = (from.database, database)
        && one != other
    {
        return Err(Failure::new("--db and FROM name different databases"));
    }
    Ok(Request::Copy(Box::new(Options {
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

fn value(parser: &mut Parser) -> Result<OsString, Failure> {
    parser.value().map_err(|error| wrong(&error))
}

fn text(parser: &mut Parser) -> Result<String, Failure> {
    utf8(value(parser)?)
}

fn utf8(argument: OsString) -> Result<String, Failure> {
    argument
        .into_string()
        .map_err(|_| Failure::new("an argument is not UTF-8"))
}

fn checked_app(app: String) -> Result<String, Failure> {
    match App::parse(app.as_bytes()) {
        Ok(_) => Ok(app),
        Err(_) => Err(Failure::new("--app requires 1 to 64 characters of A-Z a-z 0-9 _ -")),
    }
}

fn checked_namespace(name: String) -> Result<String, Failure> {
    if App::parse(name.as_bytes()).is_ok() && name.len() <= 32 {
        Ok(name)
    } else {
        Err(Failure::new(
            "--namespace requires 1 to 32 characters of A-Z a-z 0-9 _ -",
        ))
    }
}

/// Replaces lexopt's texts, which repeat the argument, because it may contain a password.
fn wrong(error: &Error) -> Failure {
    Failure::new(match error {
        Error::MissingValue { option } => format!("{} requires a value; see --help", option.as_deref().unwrap_or("")),
        Error::UnexpectedValue { option, .. } => format!("{option} takes no value"),
        _ => "unknown option; see --help".to_owned(),
    })
}
