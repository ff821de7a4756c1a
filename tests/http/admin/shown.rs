//! Texts from outside are escaped, and hidden data stays hidden.

use super::Desk;
use crate::harness::*;

const HOSTILE: [&str; 5] = [
    "<script>pwned=1;alert(1)</script>",
    "\"><img src=x onerror=pwned=1>",
    "a\r\nSet-Cookie: x=1",
    "a\0b\x1b[31m",
    "\u{202e}txt.exe\u{200b}",
];

/// A session for each hostile text, which is used as id, address and user agent and in the data.
/// The module refuses some of these texts; redis-sessions stores all of them.
pub(super) fn plant_hostile(client: &mut Client) -> &'static [&'static str] {
    let now = now(client).to_string();
    for (letter, text) in ('a'..).zip(HOSTILE) {
        let data = serde_json::json!({ text: text }).to_string();
        let fields = [
            ("id", text),
            ("la", &now),
            ("ttl", "7200"),
            ("ip", text),
            ("ua", text),
            ("d", &data),
            ("r", "1"),
            ("w", "1"),
        ];
        plant(client, "webapp", &token_of(letter), &fields);
    }
    &HOSTILE
}

#[test]
fn hostile_ids_addresses_and_user_agents_are_text() {
    let desk = Desk::with("[admin]\nshow-data = true\n", &[]);
    let mut client = desk.client();
    plant_hostile(&mut client);
    let lead = desk.logged_in("lead");
    let list = lead.get("/admin/apps/webapp/sessions").assert_status(200);
    assert_harmless(&list);
    for (shown, times) in [
        ("&#60;script&#62;pwned=1;alert(1)&#60;/script&#62;", 4),
        ("a[U+000D][U+000A]Set-Cookie: x=1", 4),
        ("a[U+0000]b[U+001B][31m", 4),
        ("[U+202E]txt.exe[U+200B]", 4),
    ] {
        let html = list.text().replace("<wbr>", "");
        assert_eq!(html.matches(shown).count(), times, "{shown} in {html}");
    }

    // Each link of the list leads to the right user with the one session, and so does the button on
    // that page.
    let links = links(&list);
    let (of_users, of_sessions): (Vec<_>, Vec<_>) = links
        .iter()
        .filter(|link| link.contains("/user?id="))
        .partition(|link| !link.contains("&sid="));
    assert_eq!((of_users.len(), of_sessions.len()), (HOSTILE.len(), HOSTILE.len()));
    for link in of_sessions {
        assert_harmless(&lead.get(link).assert_status(200));
    }
    for link in of_users {
        let page = lead.get(link).assert_status(200);
        assert_harmless(&page);
        assert!(page.text().contains("1 to 1 of 1"), "{link}: {page:?}");
        let action = page
            .text()
            .split("action=\"")
            .find(|part| part.contains("/end-session"));
        let action = action.and_then(|part| part.split('"').next()).expect("a button");
        let done = lead.press(&page, &action.replace("&#38;", "&"), &[]).assert_status(303);
        let after = lead.get(done.header("location").expect("a page")).assert_status(200);
        assert!(after.text().contains("The session was ended."), "{link}: {after:?}");
        assert_harmless(&after);
    }
    assert_eq!(client.line("SESSIONS.COUNT webapp").int(), 0);
}

#[track_caller]
fn assert_harmless(page: &Response) {
    let html = page.text();
    assert!(!html.contains("<script") && !html.contains("<img"), "{html}");
    let is_invisible = |c: &char| matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}');
    let is_odd = |c: &char| (c.is_control() && *c != '\n') || is_invisible(c);
    let behind = html.split("<main").nth(1).expect("a page");
    assert_eq!(behind.chars().find(is_odd), None, "{html}");
    assert!(page.headers().iter().all(|(name, _)| *name != "set-cookie"), "{page:?}");
}

fn links(page: &Response) -> Vec<String> {
    let links = page
        .text()
        .split("<a href=\"")
        .skip(1)
        .filter_map(|rest| rest.split('"').next());
    links.map(|link| link.replace("&#38;", "&")).collect()
}

#[test]
fn the_address_of_a_search_is_shown_as_text() {
    let desk = Desk::start();
    let lead = desk.logged_in("lead");
    for target in [
        "/admin/apps/webapp/user?id=%22%3E%3Cscript%3Ealert(1)%3C/script%3E",
        "/admin/apps/webapp/user?id=a&sid=%22%3E%3Cscript%3Ealert(1)%3C/script%3E",
        "/admin/apps/webapp/events?of=%22%3E%3Cscript%3Ealert(1)%3C/script%3E&before=%22%3E%3Cscript%3E",
        "/admin?app=%22%3E%3Cscript%3Ealert(1)%3C/script%3E",
        "/admin/apps/webapp?done=%3Cscript%3E&count=1",
        "/admin/apps/webapp/user?id=%0D%0ASet-Cookie:%20x=1",
        "/admin/apps/webapp/user?id=%00",
    ] {
        let page = lead.get(target);
        assert!(matches!(page.status(), 200 | 404), "{target}: {page:?}");
        assert_harmless(&page);
        assert_harmless(&desk.browser().get(target));
    }
}

#[test]
fn data_is_hidden_unless_the_configuration_shows_it() {
    for (config, is_shown) in [
        ("", false),
        ("[admin]\nshow-data = false\n", false),
        ("[admin]\nshow-data = true\n", true),
    ] {
        let desk = Desk::with(config, &[]);
        let mut client = desk.client();
        let token = create(
            &mut client,
            "webapp",
            "ann",
            &["DATA", r#"{"secret":"p4ssw0rd","n":12345678901234567890}"#],
        );
        let sid = sid_of(&token);
        let lead = desk.logged_in("lead");
        for page in ["/sessions", "/user?id=ann", &format!("/user?id=ann&sid={sid}")] {
            let page_with_data = is_shown && page.contains("&sid=");
            let html = lead
                .get(&format!("/admin/apps/webapp{page}"))
                .assert_status(200)
                .text()
                .to_owned();
            assert_eq!(html.contains("p4ssw0rd"), page_with_data, "{config:?} {page}: {html}");
            if page_with_data {
                assert!(html.contains("&#34;n&#34;: 12345678901234567890"), "{html}");
            }
        }
        let page = lead.get(&format!("/admin/apps/webapp/user?id=ann&sid={sid}"));
        assert_eq!(page.text().contains("The data is hidden."), !is_shown);
        assert!(!desk.service.log().contains("p4ssw0rd"));
    }
}

#[test]
fn a_server_that_is_away_is_a_page_that_says_so() {
    let mut desk = Desk::start();
    let lead = desk.logged_in("lead");
    desk.server.stop();
    wait_until(GENEROUS, "the service knows", || lead.get("/admin").status() == 503);
    let page = lead.get("/admin/apps/webapp").assert_status(503);
    assert_eq!(page.header("retry-after"), Some("1"));
    assert_eq!(page.header("content-type"), Some("text/html; charset=utf-8"));
    assert!(
        page.text()
            .contains("The service reconnects automatically. Try again in a moment."),
        "{page:?}"
    );
    // This page requires no log-in.
    desk.browser().get("/admin").assert_status(200);
    desk.server.start_again();
    wait_until(GENEROUS, "the service is connected again", || {
        lead.get("/admin").status() == 200
    });
}

#[test]
fn the_page_omits_what_the_services_user_may_not_read() {
    let desk = Desk::start();
    let mut client = desk.client();
    create(&mut client, "webapp", "ann", &[]);
    let lead = desk.logged_in("lead");
    client.line("ACL SETUSER default -info -xrevrange");
    let page = lead.get("/admin/apps/webapp").assert_status(200);
    assert!(page.text().contains("has no permission for INFO"), "{page:?}");
    assert!(page.text().contains("<dt>Sessions</dt><dd>1</dd>"), "{page:?}");
    let page = lead.get("/admin/apps/webapp/events").assert_status(200);
    assert!(
        page.text().contains("has no permission to read the audit stream"),
        "{page:?}"
    );
    client.line("ACL SETUSER default -sessions.soapp");
    lead.get("/admin/apps/webapp/sessions").assert_status(500);
}
