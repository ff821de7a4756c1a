//! docs/access-control.md: checks line by line what its users may and may not do.

use crate::harness::*;

const USERS: [&str; 3] = ["webapp", "dashboard", "support"];

/// The page's line `user …` for a user.
#[track_caller]
fn line(page: &Page, name: &str) -> String {
    let blocks = page.blocks().concat();
    let start = format!("user {name} ");
    let found = blocks.iter().find(|line| line.starts_with(&start));
    (*found.unwrap_or_else(|| panic!("no {start}"))).to_owned()
}

/// The lines for the users of the large table.
#[track_caller]
fn lines(page: &Page) -> Vec<String> {
    USERS.iter().map(|name| line(page, name)).collect()
}

#[track_caller]
fn logged_in(server: &Server, line: &str) -> Client {
    let words: Vec<&str> = line.split(' ').collect();
    let mut client = server.client();
    let password = words[3].strip_prefix('>').expect("a password");
    assert_eq!(client.run(&["AUTH", words[1], password]), "OK".into());
    client
}

#[test]
fn the_users_may_do_what_the_table_says_and_no_more() {
    let page = Page::read("docs/access-control.md");
    let lines = lines(&page);
    let builder = lines.iter().fold(Server::builder(), |builder, line| builder.line(line));
    let server = builder.start();
    let mut administrator = server.client();
    let table = page.table("What each user may do");
    for page in command_pages() {
        let tried = |row: &Vec<&str>| code(row[0]).split(' ').next() == Some(page.command());
        assert!(table.iter().any(tried), "{} is not in the table", page.command());
    }
    for row in &table {
        for (user, line) in lines.iter().enumerate() {
            let token = create(&mut administrator, "webapp", "u1", &[]);
            let command = code(row[0]).replace("<token>", &token);
            let reply = logged_in(&server, line).line(&command);
            let denied = matches!(&reply, Reply::Error(text) if text.starts_with("NOPERM "));
            match row[user + 1] {
                "yes" => assert!(
                    !matches!(reply, Reply::Error(_)),
                    "{} may {command}: {reply:?}",
                    USERS[user]
                ),
                "no" => assert!(denied, "{} may not {command}: {reply:?}", USERS[user]),
                other => panic!("{other:?} is neither yes nor no, at {command}"),
            }
            administrator.line("FLUSHALL");
        }
    }
}

#[test]
fn the_auditor_may_do_what_the_table_says_and_no_more() {
    let page = Page::read("docs/access-control.md");
    let line = line(&page, "auditor");
    let users = lines(&page);
    let builder = users.iter().fold(Server::builder(), |builder, line| builder.line(line));
    let server = builder.line(&*line).line("sessions.audit-length 100").start();
    let mut administrator = server.client();
    let token = create(&mut administrator, "webapp", "u1", &[]);
    let mut auditor = logged_in(&server, &line);
    let table = page.table("An auditor");
    assert!(table.len() > 10);
    for row in table {
        let reply = auditor.line(&code(row[0]).replace("<token>", &token));
        match row[1] {
            "yes" => assert!(!matches!(reply, Reply::Error(_)), "{}: {reply:?}", row[0]),
            "no" => assert!(reply.is_error_of("NOPERM"), "{}: {reply:?}", row[0]),
            other => panic!("{other:?} is neither yes nor no, at {}", row[0]),
        }
    }
    let entries = auditor.line("XRANGE rs:webapp:_audit - +");
    assert_eq!(entries.list().len(), 1);
    for line in users {
        let reply = logged_in(&server, &line).line("XRANGE rs:webapp:_audit - +");
        assert!(reply.is_error_of("NOPERM"), "{line}: {reply:?}");
    }
}

#[test]
fn the_users_of_the_page_are_those_of_redis_conf_example() {
    let page = Page::read("docs/access-control.md");
    let conf = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/redis.conf.example")).unwrap();
    for line in lines(&page).into_iter().chain([line(&page, "auditor")]) {
        assert!(conf.contains(&format!("\n# {line}\n")), "{line}");
    }
}

#[test]
fn acl_setuser_takes_the_same_words() {
    let server = Server::start();
    let page = Page::read("docs/access-control.md");
    for line in lines(&page).into_iter().chain([line(&page, "auditor")]) {
        let words: Vec<&str> = line.split(' ').skip(1).collect();
        let reply = server.client().run(&[&["ACL", "SETUSER"], &words[..]].concat());
        assert_eq!(reply, "OK".into(), "{line}");
    }
}

#[test]
fn on_redis_7_0_key_permissions_stop_commands_and_removing_write_does_not() {
    let server = Server::start();
    let mut client = server.client();
    client.line("ACL SETUSER reader on nopass ~* &* +@all -@write");
    client.line("ACL SETUSER keys on nopass %R~* &* +@all");
    client.line("AUTH reader x");
    let reply = client.line("SESSIONS.CREATE webapp u1");
    if server.info("redis_version").starts_with("7.0.") {
        assert!(is_token(reply.text()));
    } else {
        assert!(reply.error().starts_with("NOPERM "), "{reply:?}");
    }
    client.line("AUTH keys x");
    let reply = client.line("SESSIONS.CREATE webapp u1");
    assert_eq!(
        reply.error(),
        "NOPERM the user's key patterns do not cover this app: see ACL SETUSER"
    );
}
