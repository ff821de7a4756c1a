//! Finding sessions: by page, by how long ago they were used, by id, by sid.

use super::Desk;
use crate::harness::*;

#[test]
fn sessions_are_listed_by_page_most_recently_used_first() {
    let desk = Desk::start();
    let mut client = desk.client();
    for n in 1..=120 {
        let token = create(&mut client, "webapp", &format!("user{n:03}"), &[]);
        age_everywhere(&mut client, "webapp", &token, n * 20);
    }
    let support = desk.logged_in("support");
    let first = support.get("/admin/apps/webapp/sessions").assert_status(200);
    let html = first.text();
    assert!(html.contains("1 to 50 of 120, most recently used first"), "{html}");
    let positions: Vec<_> = (1..=50).map(|n| html.find(&format!(">user{n:03}<"))).collect();
    assert!(
        positions.iter().all(Option::is_some) && positions.is_sorted(),
        "{positions:?} in {html}"
    );
    assert!(!html.contains("user051") && html.contains("href=\"/admin/apps/webapp/sessions?offset=50\""));
    assert!(!html.contains("More recently used"));

    let last = support.get("/admin/apps/webapp/sessions?offset=100").assert_status(200);
    let html = last.text();
    assert!(
        html.contains("101 to 120 of 120") && html.contains("user101") && html.contains("user120"),
        "{html}"
    );
    assert!(html.contains("href=\"/admin/apps/webapp/sessions?offset=50\"") && !html.contains("Less recently used"));

    let within = support.get("/admin/apps/webapp/sessions?within=300").assert_status(200);
    let html = within.text();
    assert!(
        html.contains("user001") && html.contains("user014") && !html.contains("user016"),
        "{html}"
    );
    assert!(
        support
            .get("/admin/apps/webapp/sessions?offset=1000")
            .text()
            .contains("The app has no sessions.")
    );
    for wrong in ["offset=-1", "offset=x", "within=x", "offset=1&offset=2"] {
        support
            .get(&format!("/admin/apps/webapp/sessions?{wrong}"))
            .assert_status(400);
    }
}

#[test]
fn the_list_ends_after_10050_sessions_and_says_so() {
    let desk = Desk::start();
    let mut client = desk.client();
    Planted {
        app: "webapp",
        count: 10_100,
        ids: 10_100,
        ..Planted::default()
    }
    .plant(&mut client);
    desk.wait_until_connected();
    let support = desk.logged_in("support");
    let page = support
        .get("/admin/apps/webapp/sessions?offset=9950")
        .assert_status(200);
    assert!(page.text().contains("offset=10000"), "{page:?}");
    for offset in ["10000", "10050", "99999999999"] {
        let page = support
            .get(&format!("/admin/apps/webapp/sessions?offset={offset}"))
            .assert_status(200);
        let html = page.text();
        assert!(
            html.contains("10,001 to 10,050 of 10,100") && html.contains("The list ends after the 10,050"),
            "{html}"
        );
        assert!(!html.contains("Less recently used"), "{html}");
    }
}

#[test]
fn visitors_are_listed_and_counted_and_cannot_be_opened() {
    let desk = Desk::start();
    let mut client = desk.client();
    let token = create(&mut client, "webapp", "", &["ANON", "IP", "203.0.113.7"]);
    let sid = sid_of(&token);
    let lead = desk.logged_in("lead");
    let page = lead.get("/admin/apps/webapp/sessions").assert_status(200);
    let html = page.text();
    assert!(
        html.contains("1 to 1 of 1") && html.contains(">visitor<") && html.contains(&sid),
        "{html}"
    );
    assert!(!html.contains(&format!("sid={sid}")), "{html}");
    lead.get(&format!("/admin/apps/webapp/user?id=&sid={sid}"))
        .assert_status(400);
    lead.get("/admin/apps/webapp/user?id=").assert_status(400);
    lead.get("/admin/apps/webapp/user").assert_status(400);
}

#[test]
fn a_user_is_found_by_id_and_a_session_by_its_sid_within_the_id() {
    let desk = Desk::start();
    let mut client = desk.client();
    let agent = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
    let token = create(
        &mut client,
        "webapp",
        "ann",
        &["IP", "203.0.113.7", "UA", agent, "DATA", r#"{"cart":3}"#],
    );
    create(&mut client, "webapp", "ann", &[]);
    create(&mut client, "webapp", "bob", &[]);
    let sid = sid_of(&token);
    let support = desk.logged_in("support");

    let page = support.get("/admin/apps/webapp/user?id=ann&sid=").assert_status(200);
    let html = page.text();
    assert!(
        html.contains("1 to 2 of 2") && html.contains(&sid) && html.contains("Firefox on Linux"),
        "{html}"
    );
    assert!(html.contains("203.0.113.7") && !html.contains("bob"), "{html}");

    for given in [sid.clone(), format!(" {} ", sid.to_uppercase())] {
        let given = given.replace(' ', "%20");
        let page = support
            .get(&format!("/admin/apps/webapp/user?id=ann&sid={given}"))
            .assert_status(200);
        let html = page.text();
        assert!(
            html.contains(agent)
                && html.contains("203.0.113.7")
                && html.contains("119 minutes") | html.contains("2 hours"),
            "{html}"
        );
    }
    for (target, text) in [
        (format!("id=bob&sid={sid}"), "This user has no session with this sid."),
        (
            "id=ann&sid=0123456789abcdef".to_owned(),
            "This user has no session with this sid.",
        ),
        ("id=ann&sid=x".to_owned(), "A sid has 16 characters"),
    ] {
        let page = support
            .get(&format!("/admin/apps/webapp/user?{target}"))
            .assert_status(404);
        assert!(page.text().contains(text), "{page:?}");
    }
    let none = support.get("/admin/apps/webapp/user?id=ann%20").assert_status(200);
    assert!(none.text().contains("The id begins or ends with a space."), "{none:?}");
    // Viewing a session does not count as a use.
    let after = client.run(&["SESSIONS.PEEK", "webapp", &token]);
    assert_eq!(after.session().int("r"), 1);
}

#[test]
fn the_overview_counts_sessions_and_users_and_describes_the_server() {
    let desk = Desk::start();
    let mut client = desk.client();
    for (id, ago) in [("a", 0), ("a", 10), ("b", 400), ("c", 5000)] {
        let token = create(&mut client, "webapp", id, &["TTL", "86400"]);
        age_everywhere(&mut client, "webapp", &token, ago);
    }
    let page = desk.logged_in("support").get("/admin/apps/webapp").assert_status(200);
    let html = page.text();
    for (name, number) in [
        ("Sessions", 4),
        ("Users in 5 minutes", 1),
        ("Users in an hour", 2),
        ("Users in 24 hours", 3),
    ] {
        assert!(
            html.contains(&format!("<dt>{name}</dt><dd>{number}</dd>")),
            "{name} in {html}"
        );
    }
    let info = client.line("INFO server");
    let version = info
        .text()
        .lines()
        .find_map(|line| line.strip_prefix("redis_version:"))
        .unwrap()
        .to_owned();
    assert!(html.contains(&version) || html.contains("Valkey"), "{html}");
    assert!(
        html.contains(">primary<") && html.contains(env!("CARGO_PKG_VERSION")),
        "{html}"
    );
}

#[test]
fn the_overview_plots_what_was_measured_since_the_service_began() {
    let desk = Desk::start();
    create(&mut desk.client(), "webapp", "ann", &[]);
    let support = desk.logged_in("support");
    let first = support.get("/admin/apps/webapp").assert_status(200);
    assert!(
        first.text().contains("The plots begin with the second measurement."),
        "{first:?}"
    );
    wait_until(GENEROUS, "two measurements were taken", || {
        let page = support.get("/admin/apps/webapp");
        page.text().contains("aria-label=\"Sessions, the last") && page.text().contains("<path class=\"line\" d=\"M0 ")
    });
}
