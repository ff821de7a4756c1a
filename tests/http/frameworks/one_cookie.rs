//! One signed cookie for express-session, @fastify/session, koa-session and `/auth`.

use super::cookie::{Cookie, SECRETS, signed};
use super::start;
use crate::harness::{Endpoint, Program, Request, Server, Service, sid_of};
use serde_json::{Value, json};
use std::fs;

const READERS: [&str; 3] = ["express", "fastify", "koa"];
/// Dropped from the first to the last.
struct Sites {
    /// All frameworks, each below a path with its name.
    readers: Endpoint,
    _program: Program,
    service: Service,
    server: Server,
}

impl Sites {
    #[track_caller]
    fn start() -> Option<Sites> {
        let server = Server::start();
        let secrets = json!(SECRETS).to_string();
        let (program, port) = start("readers.cjs", &server, &[("SECRETS", &secrets)])?;
        let file = server.dir().join("secrets");
        fs::write(&file, SECRETS.join("\n")).expect("secrets are written");
        let app = format!(
            "[apps.webapp]\ncookie = \"sid\"\nform = \"signed\"\nsecret-file = {file:?}\nheaders = {{ X-Session-Cart = \"cart\" }}"
        );
        let service = Service::builder()
            .redis(&server)
            .key("site", &["webapp"], &["write"])
            .config(&app)
            .start();
        Some(Sites {
            readers: Endpoint::at_port(port),
            _program: program,
            service,
            server,
        })
    }

    /// Requests a page of a site and keeps the cookie that it sets.
    #[track_caller]
    fn get(&self, cookie: &mut Cookie, target: &str) -> Value {
        let response = cookie.of(self.readers.get(target)).send().assert_status(200);
        for line in response.all("set-cookie") {
            let value = line.strip_prefix("sid=").and_then(|rest| rest.split(';').next());
            let value = value.unwrap_or_else(|| panic!("another cookie is set: {line}"));
            cookie.0 = Some(value.to_owned()).filter(|value| !value.is_empty());
        }
        response.json()
    }

    /// A request to `/v1` about the session of the cookie.
    fn v1(&self, method: &str, cookie: &Cookie) -> Request {
        let service = self.service.as_key(self.service.key("site"));
        service
            .request(method, "/v1/apps/webapp/session")
            .token(&cookie.token())
    }

    /// The session's data in each site, without changing the cookie.
    #[track_caller]
    fn read(&self, cookie: &Cookie) -> [Value; 3] {
        READERS.map(|reader| self.get(&mut cookie.clone(), &format!("/{reader}/read")))
    }

    /// Checks that all sites have this data, that `/auth` names the user, and that reading writes
    /// nothing, except once in Fastify, which stores the cookie's attributes in every session.
    #[track_caller]
    fn assert_read_by_all(&self, cookie: &Cookie, user: &str, data: &Value) {
        self.read(cookie);
        let token = cookie.token();
        let mut client = self.server.client();
        let mut writes = || client.run(&["SESSIONS.PEEK", "webapp", &token]).session().int("w");
        let before = writes();
        for (reader, seen) in READERS.iter().zip(self.read(cookie)) {
            assert_eq!(&seen, data, "{reader}");
        }
        assert_eq!(writes(), before);
        let told = cookie.of(self.service.get("/auth/webapp")).send().assert_status(200);
        assert_eq!(told.header("x-session-user"), Some(user));
        assert_eq!(
            told.header("x-session-cart"),
            Some(data["cart"].as_str().unwrap_or_default())
        );
        assert_eq!(told.header("x-session-id"), Some(sid_of(&token).as_str()));
    }

    #[track_caller]
    fn assert_no_session(&self, cookie: &Cookie) {
        for (reader, seen) in READERS.iter().zip(self.read(cookie)) {
            assert_eq!(seen, json!({}), "{reader}, {cookie:?}");
        }
        cookie.of(self.service.get("/auth/webapp")).send().assert_status(401);
    }
}

#[test]
fn a_session_that_one_framework_has_made_is_read_by_all_and_by_auth() {
    let Some(sites) = Sites::start() else { return };
    for maker in READERS {
        let mut cookie = Cookie::default();
        sites.get(&mut cookie, &format!("/{maker}/set?cart=3"));
        sites.assert_read_by_all(&cookie, "", &json!({ "cart": "3" }));
        let visitors = cookie.clone();
        sites.get(&mut cookie, &format!("/{maker}/login?user=ann"));
        let data = json!({ "cart": "3", "passport": { "user": "ann" } });
        sites.assert_read_by_all(&cookie, "ann", &data);
        assert_eq!(cookie.decoded(), signed(&cookie.id(), SECRETS[0]).decoded(), "{maker}");
        sites.assert_no_session(&visitors);
    }
}

#[test]
fn a_session_made_over_http_is_read_by_all_under_any_of_the_secrets() {
    let Some(sites) = Sites::start() else { return };
    let data = json!({ "cart": "3", "passport": { "user": "ann" } });
    for (id, secret) in ["8Jc0Y5q-Zb2mXo7TnEwLr1_fKdV4sHgA", "kQ3vR9-uYtW6pLzB0_xNcM2jSaFeGhD8"]
        .into_iter()
        .zip(SECRETS)
    {
        let cookie = signed(id, secret);
        let request = sites.v1("PUT", &cookie).header("If-None-Match", "*");
        request
            .json(&json!({ "id": "ann", "data": data }))
            .send()
            .assert_status(201);
        sites.assert_read_by_all(&cookie, "ann", &data);
    }
}

#[test]
fn a_change_or_an_end_by_one_framework_applies_to_all() {
    let Some(sites) = Sites::start() else { return };
    for ender in [READERS.as_slice(), &["v1"]].concat() {
        let mut cookie = Cookie::default();
        sites.get(&mut cookie, "/express/login?user=ann");
        for reader in READERS {
            sites.get(&mut cookie, &format!("/{reader}/set?{reader}=1"));
        }
        let patch = sites.v1("PATCH", &cookie).json(&json!({ "cart": "4" }));
        patch.send().assert_status(200);
        let data = json!({ "passport": { "user": "ann" }, "express": "1", "fastify": "1", "koa": "1", "cart": "4" });
        sites.assert_read_by_all(&cookie, "ann", &data);
        match ender {
            "v1" => drop(sites.v1("DELETE", &cookie).send().assert_status(204)),
            reader => drop(sites.get(&mut cookie.clone(), &format!("/{reader}/logout"))),
        }
        sites.assert_no_session(&cookie);
    }
}

#[test]
fn a_value_that_none_of_the_secrets_has_signed_opens_no_session() {
    let Some(sites) = Sites::start() else { return };
    let mut cookie = Cookie::default();
    sites.get(&mut cookie, "/fastify/login?user=ann");
    let (id, token) = (cookie.id(), cookie.token());
    let value = cookie.decoded();
    for forged in [
        Cookie::new(&id),
        Cookie::new(&token),
        signed(&token, SECRETS[0]),
        signed(&id, "a secret of another site, as long as these"),
        Cookie::new(format!("s:{id}")),
        Cookie::new(format!("s:{id}.")),
        Cookie::new(value.replace(&id, &id[1..])),
        Cookie::new(&value[..value.len() - 1]),
        Cookie::new("s:%"),
    ] {
        sites.assert_no_session(&forged);
    }
    let data = json!({ "passport": { "user": "ann" } });
    sites.assert_read_by_all(&cookie, "ann", &data);
}
