//! `POST /introspect/{app}`: RFC 7662, as resource servers use it.

use crate::harness::{
    Page, Placeholders, Request, Response, Server, Service, age, create, hash_field, now, sid_of, stored_name, token_of,
};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

fn service(server: &Server) -> Service {
    Service::builder()
        .redis(server)
        .key("shop api", &["webapp"], &["read"])
        .key("all", &["*"], &["read"])
        .key("writer", &["webapp"], &["write", "admin"])
        .key("other", &["shop"], &["read"])
        .config("[apps.signed]\ncookie = \"sid\"\nform = \"sha256\"")
        .start()
}

fn ask(service: &Service, key: &str, token: &str) -> Request {
    service
        .as_key(service.key(key))
        .post("/introspect/webapp")
        .form(&[("token", token)])
}

#[track_caller]
fn assert_inactive(response: Response) {
    assert_eq!(response.assert_status(200).json(), json!({"active": false}));
}

#[test]
fn a_session_is_active_with_the_members_of_the_rfc() {
    let server = Server::start();
    let service = service(&server);
    let mut client = server.client();
    let before = now(&mut client);
    let token = create(&mut client, "webapp", "ann", &["TTL", "600"]);
    let response = ask(&service, "shop api", &token).send().assert_status(200);
    assert_eq!(response.header("cache-control"), Some("no-store"));
    let body = response.json();
    let (iat, exp) = (body["iat"].as_i64().unwrap(), body["exp"].as_i64().unwrap());
    assert!((before..=now(&mut client)).contains(&iat), "{body}");
    assert!((before + 600..=now(&mut client) + 600).contains(&exp), "{body}");
    let expected = format!(
        r#"{{"active":true,"sub":"ann","sid":"{}","iat":{iat},"exp":{exp},"client_id":"webapp"}}"#,
        sid_of(&token)
    );
    assert_eq!(response.text(), expected);
    // Counts as GET.
    assert_eq!(hash_field(&mut client, "webapp", &token, "r").as_deref(), Some("2"));
}

#[test]
fn the_page_shows_a_response_with_the_members_that_there_are() {
    let page = Page::read("docs/gateways.md");
    let shown = page.examples("{\"active\":true")[0].join("");
    let server = Server::start();
    let service = service(&server);
    let token = create(&mut server.client(), "webapp", "ann", &[]);
    let given = ask(&service, "shop api", &token).send().assert_status(200);
    let is_shown = Placeholders::default().matches(&shown, given.text());
    assert!(is_shown, "{shown} and {given:?}");
}

#[test]
fn exp_is_the_end_after_this_use() {
    let server = Server::start();
    let service = service(&server);
    let mut client = server.client();
    for (options, expected) in [
        (&["TTL", "600"][..], 600),
        (&["TTL", "600", "NORESAVE"], 500),
        (&["TTL", "600", "LIFETIME", "200"], 200),
        (&["TTL", "600", "LIFETIME", "5000"], 600),
    ] {
        let token = create(&mut client, "webapp", "ann", options);
        age(&mut client, "webapp", &token, 100);
        let asked_at = now(&mut client);
        let body = ask(&service, "shop api", &token).send().assert_status(200).json();
        let left = body["exp"].as_i64().unwrap() - asked_at;
        assert!((expected - 2..=expected + 2).contains(&left), "{options:?}: {left}");
    }
}

#[test]
fn members_without_a_value_are_omitted() {
    let server = Server::start();
    let service = service(&server);
    let mut client = server.client();
    let token = create(&mut client, "webapp", "", &["ANON"]);
    let body = ask(&service, "all", &token).send().assert_status(200).json();
    assert_eq!(body.get("sub"), None, "{body}");
    client.run(&["HDEL", &format!("rs:webapp:{token}"), "created"]);
    let body = ask(&service, "all", &token).send().assert_status(200).json();
    assert_eq!((body.get("iat"), &body["active"]), (None, &json!(true)), "{body}");
}

#[test]
fn a_token_without_a_session_and_a_key_for_another_app_get_the_same_response() {
    let server = Server::start();
    let service = service(&server);
    let mut client = server.client();
    let token = create(&mut client, "webapp", "ann", &[]);
    for unknown in [
        token_of('n').as_str(),
        "",
        "x",
        &"x".repeat(5000),
        "\u{0}\u{fffd}",
        &stored_name(&token),
    ] {
        assert_inactive(ask(&service, "shop api", unknown).send());
    }
    for key in ["other", "writer"] {
        assert_inactive(ask(&service, key, &token).send());
    }
    for app in ["sessions-admin", "shop", "a%20b", "%FF"] {
        let request = service.as_key(service.key("all")).post(&format!("/introspect/{app}"));
        assert_inactive(request.form(&[("token", &token)]).send());
    }
    // Nothing was looked up.
    assert_eq!(hash_field(&mut client, "webapp", &token, "r").as_deref(), Some("1"));
}

#[test]
fn a_key_comes_as_bearer_or_as_the_password_of_basic() {
    let server = Server::start();
    let service = service(&server);
    let token = create(&mut server.client(), "webapp", "ann", &[]);
    let key = service.key("shop api").text.clone();
    let with = |authorization: &str| {
        let request = service
            .post("/introspect/webapp")
            .header("Authorization", authorization);
        request.form(&[("token", &token)]).send()
    };
    let basic = |text: String| format!("Basic {}", STANDARD.encode(text));
    for authorization in [
        format!("Bearer {key}"),
        basic(format!("shop api:{key}")),
        // User name and password as OAuth encodes them.
        basic(format!("shop+api:{key}")),
        basic(format!("shop%20api:{key}")),
    ] {
        let body = with(&authorization).assert_status(200).json();
        assert_eq!(body["sub"], "ann", "{authorization}");
    }
    for authorization in [
        format!("Bearer {}", key.replace("shk_", "shx_")),
        format!("Bearer {}x", &key[..key.len() - 1]),
        format!("Bearer {token}"),
        basic(format!("all:{key}")),
        basic(format!(":{key}")),
        basic(key.clone()),
        basic("shop api:".into()),
        "Basic !".into(),
    ] {
        let response = with(&authorization).assert_status(401);
        assert_eq!(response.problem(), "unauthorized", "{authorization}");
        assert_eq!(response.header("www-authenticate"), Some("Bearer"));
    }
    let none = service.post("/introspect/webapp").form(&[("token", &token)]);
    none.send().assert_status(401);
}

#[test]
fn the_request_is_a_form_with_one_token() {
    let server = Server::start();
    let service = service(&server);
    let token = create(&mut server.client(), "webapp", "ann", &[]);
    let post = || service.as_key(service.key("all")).post("/introspect/webapp");
    let others = [
        ("token_type_hint", "access_token"),
        ("token", &token),
        ("a", "b"),
        ("a", "c"),
    ];
    assert_eq!(post().form(&others).send().assert_status(200).json()["active"], true);
    for fields in [
        &[][..],
        &[("Token", token.as_str())],
        &[("token", &token), ("token", &token)],
    ] {
        let response = post().form(fields).send().assert_status(400);
        assert_eq!(response.problem(), "invalid-argument", "{fields:?}");
        assert!(!response.text().contains(&token));
    }
    let response = post().json(&json!({"token": token})).send().assert_status(415);
    assert_eq!(response.problem(), "unsupported-media-type");
    let response = service
        .as_key(service.key("all"))
        .get("/introspect/webapp")
        .send()
        .assert_status(405);
    assert_eq!(response.header("allow"), Some("POST"));
}

#[test]
fn an_app_with_a_hashed_cookie_is_asked_by_what_its_clients_hold() {
    let server = Server::start();
    let service = service(&server);
    let mut client = server.client();
    client.run(&["SESSIONS.SAVE", "signed", &stored_name("X"), "{}", "NX", "ID", "ann"]);
    let ask = |token: &str| {
        service
            .as_key(service.key("all"))
            .post("/introspect/signed")
            .form(&[("token", token)])
    };
    assert_eq!(ask("X").send().assert_status(200).json()["sub"], "ann");
    // A stored name opens no session.
    assert_inactive(ask(&stored_name("X")).send());
}

#[test]
fn no_response_holds_a_token_not_even_within_a_grace() {
    let server = Server::start();
    let service = service(&server);
    let mut client = server.client();
    let old = create(&mut client, "webapp", "ann", &[]);
    let present = client
        .run(&["SESSIONS.ROTATE", "webapp", &old, "GRACE", "60"])
        .text()
        .to_owned();
    let response = ask(&service, "all", &old).send().assert_status(200);
    assert_eq!(response.json()["sid"], sid_of(&present));
    assert!(!response.text().contains(&old) && !response.text().contains(&present));
    let log = service.log();
    assert!(!log.contains(&old) && !log.contains(&present) && !log.contains(&service.key("all").text));
}

#[test]
fn without_redis_it_is_503() {
    let mut server = Server::start();
    let service = service(&server);
    server.kill9();
    let response = ask(&service, "all", &token_of('a')).send().assert_status(503);
    assert_eq!(
        (response.problem().as_str(), response.header("retry-after")),
        ("unavailable", Some("1"))
    );
}
