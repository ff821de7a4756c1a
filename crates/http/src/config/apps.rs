//! Checks the apps that gateways ask about.

use std::collections::BTreeMap;

use axum::http::HeaderName;
use sessions_model::ident;

use super::GatewayApp;
use super::check::{Checker, many};
use super::file::{App, FormName};
use crate::routes::auth::{DataHeader, Form, LoginPage, Secrets};

/// Headers that every app has.
const OWN_HEADERS: [&str; 2] = ["x-session-user", "x-session-id"];

impl Checker {
    pub(super) fn app(&mut self, name: &str, app: &App, admin: &str) -> Option<(String, GatewayApp)> {
        if ident::App::parse(name.as_bytes()).is_err() || name == admin {
            self.wrong(
                "apps: a name must have 1 to 64 characters of A-Z a-z 0-9 _ - and must not be the app of the admin page",
            );
            return None;
        }
        if !is_cookie_name(&app.cookie) {
            self.wrong(format!("apps.{name}: cookie must be the name of a cookie"));
        }
        let form = self.form(name, app)?;
        let login_page = app.login_page.as_deref().and_then(|text| {
            let page = LoginPage::parse(text);
            if page.is_none() {
                self.wrong(format!(
                    "apps.{name}: login-page must be a path that begins with one /, or an http(s) address, without #"
                ));
            }
            page
        });
        let app = GatewayApp {
            cookie: app.cookie.clone(),
            form,
            bearer: app.bearer,
            users_only: app.users_only,
            login_page,
            headers: self.headers(name, &app.headers),
        };
        Some((name.into(), app))
    }

    fn form(&mut self, name: &str, app: &App) -> Option<Form> {
        let given = app.secret_file.clone();
        match app.form {
            FormName::Signed => {
                let mut lines = Vec::new();
                for path in given.into_iter().flat_map(many) {
                    match std::fs::read(&path) {
                        Ok(text) => lines.extend([text, b"\n".to_vec()].concat()),
                        Err(error) => self.wrong(format!("apps.{name}: secret-file {path}: {error}")),
                    }
                }
                let secrets = Secrets::parse(&lines);
                if secrets.is_none() {
                    self.wrong(format!(
                        "apps.{name}: form = \"signed\" requires a secret-file that has a secret per line"
                    ));
                }
                secrets.map(Form::Signed)
            }
            _ if given.is_some() => {
                self.wrong(format!("apps.{name}: secret-file requires form = \"signed\""));
                None
            }
            FormName::Token => Some(Form::Token),
            FormName::Sha256 => Some(Form::Sha256),
        }
    }

    fn headers(&mut self, app: &str, given: &BTreeMap<String, String>) -> Vec<DataHeader> {
        let mut headers: Vec<DataHeader> = Vec::new();
        for (text, key) in given {
            match header_name(text) {
                Some(name) if headers.iter().all(|other| other.name != name) => {
                    headers.push(DataHeader { name, key: key.clone() });
                }
                Some(_) => self.wrong(format!("apps.{app}: headers has a name twice, in different case")),
                None => self.wrong(format!(
                    "apps.{app}: a name in headers must be X- and letters, digits and -, and must not be \
                     X-Session-User or X-Session-Id"
                )),
            }
        }
        headers
    }
}

/// A header name without underscores: gateways drop such headers, and backends treat an underscore
/// as a hyphen.
fn header_name(text: &str) -> Option<HeaderName> {
    let name = text.to_ascii_lowercase();
    let allowed = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
    let is_one = name.len() > 2 && name.starts_with("x-") && name.bytes().all(allowed);
    if !is_one || OWN_HEADERS.contains(&name.as_str()) {
        return None;
    }
    name.parse().ok()
}

/// A token of RFC 6265, without brackets, which not all programs allow.
fn is_cookie_name(name: &str) -> bool {
    let allowed = |b: u8| b.is_ascii_graphic() && !br#"()<>@,;:\"/[]?={}"#.contains(&b);
    !name.is_empty() && name.bytes().all(allowed)
}

#[cfg(test)]
mod tests {
    use super::super::{Overrides, Settings};
    use std::fs;

    /// The settings for an app's table, or the errors.
    fn read(app: &str) -> Result<Settings, String> {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in [
            ("one", "secret one\n"),
            ("two", "secret two\nsecret three"),
            ("none", "\n"),
        ] {
            fs::write(folder.path().join(name), text).unwrap();
        }
        let app = app.replace("FOLDER", folder.path().to_str().unwrap());
        let path = folder.path().join("sessions-http.toml");
        fs::write(&path, format!("no-auth = true\n{app}")).unwrap();
        Settings::read(Some(&path), &Overrides::default()).map_err(|trouble| trouble.to_string())
    }

    #[test]
    fn an_app_requires_nothing_but_its_cookie() {
        let settings = read("[apps.webapp]\ncookie = \"sid\"").unwrap();
        let app = &settings.apps["webapp"];
        assert_eq!((app.cookie.as_str(), app.bearer, app.users_only), ("sid", false, false));
        assert_eq!((&app.login_page, app.headers.len()), (&None, 0));
        assert!(matches!(app.form, crate::routes::auth::Form::Token));
    }

    #[test]
    fn secrets_come_from_one_file_or_several() {
        for (files, count) in [
            ("\"FOLDER/one\"", 1),
            ("\"FOLDER/two\"", 2),
            ("[\"FOLDER/two\", \"FOLDER/one\"]", 3),
        ] {
            let app = format!("[apps.a]\ncookie = \"sid\"\nform = \"signed\"\nsecret-file = {files}");
            let form = format!("{:?}", read(&app).unwrap().apps["a"].form);
            assert_eq!(form, format!("Signed({count} secrets)"));
        }
    }

    #[test]
    fn errors_of_an_app_are_reported_and_the_service_does_not_start() {
        for (lines, part) in [
            ("", "cookie"),
            ("cookie = \"\"", "apps.a: cookie must be the name of a cookie"),
            ("cookie = \"s id\"", "apps.a: cookie must be"),
            ("cookie = \"s;id\"", "apps.a: cookie must be"),
            ("cookie = \"s\"\nform = \"jwt\"", "expected one of"),
            (
                "cookie = \"s\"\nform = \"signed\"",
                "apps.a: form = \"signed\" requires a secret-file",
            ),
            (
                "cookie = \"s\"\nform = \"signed\"\nsecret-file = \"FOLDER/none\"",
                "requires a secret-file",
            ),
            (
                "cookie = \"s\"\nform = \"signed\"\nsecret-file = \"FOLDER/no\"",
                "No such file",
            ),
            (
                "cookie = \"s\"\nsecret-file = \"FOLDER/one\"",
                "apps.a: secret-file requires form = \"signed\"",
            ),
            ("cookie = \"s\"\nlogin-page = \"//other\"", "apps.a: login-page must be"),
            ("cookie = \"s\"\nlogin-page = \"/a#b\"", "apps.a: login-page must be"),
            (
                "cookie = \"s\"\nheaders = { Set-Cookie = \"a\" }",
                "apps.a: a name in headers must be",
            ),
            (
                "cookie = \"s\"\nheaders = { X- = \"a\" }",
                "apps.a: a name in headers must be",
            ),
            (
                "cookie = \"s\"\nheaders = { X-Session_Role = \"a\" }",
                "apps.a: a name in headers must be",
            ),
            (
                "cookie = \"s\"\nheaders = { x-session-user = \"a\" }",
                "apps.a: a name in headers must be",
            ),
            (
                "cookie = \"s\"\nheaders = { X-A = \"a\", x-a = \"b\" }",
                "apps.a: headers has a name twice",
            ),
            ("cookie = \"s\"\nusers = true", "users"),
        ] {
            let trouble = read(&format!("[apps.a]\n{lines}")).expect_err(lines);
            assert!(trouble.contains(part), "{lines:?}: {trouble}");
        }
        for app in ["\"a b\"", "sessions-admin"] {
            let trouble = read(&format!("[apps.{app}]\ncookie = \"sid\"")).expect_err(app);
            assert!(trouble.contains("apps: a name must have"), "{app}: {trouble}");
        }
    }
}
