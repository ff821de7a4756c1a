//! ACL categories: on Redis 7.4, Valkey 8 and newer the commands are in `@sessions` and in
//! categories of the server; on Redis 7.0 they are in none.

use super::newer::Newer;
use crate::harness::*;

/// The ACL categories that COMMAND INFO shows.
#[track_caller]
fn categories(client: &mut Client, command: &str) -> Vec<String> {
    let info = client.run(&["COMMAND", "INFO", command]);
    let mut names = info.list()[0].list()[6].texts();
    names.sort_unstable();
    names.into_iter().map(str::to_owned).collect()
}

#[track_caller]
fn printed(page: &Page) -> Vec<&str> {
    let mut words = page.words("ACL categories");
    words.sort_unstable();
    words
}

#[test]
fn on_redis_7_0_no_command_has_a_category_elsewhere_each_has_its_pages() {
    let server = Server::start();
    let mut client = server.client();
    let known = client.line("ACL CAT").texts().contains(&"sessions");
    let is_7_0 = server.info("redis_version").starts_with("7.0.");
    assert!(!(known && is_7_0));
    for page in command_pages() {
        let found = categories(&mut client, page.command());
        if known {
            assert_eq!(found, printed(&page), "{}", page.name);
        } else {
            assert!(!found.contains(&"@sessions".to_owned()), "{}: {found:?}", page.name);
        }
        if is_7_0 {
            assert_eq!(found, [""; 0], "{}", page.name);
        }
    }
}

#[test]
fn on_a_newer_server_each_command_has_the_categories_of_its_page() {
    let Some(newer) = Newer::start(&[]) else {
        return;
    };
    let mut client = newer.client();
    let pages = command_pages();
    for page in &pages {
        assert_eq!(categories(&mut client, page.command()), printed(page), "{}", page.name);
    }
    let info = client.line("INFO server");
    if ["redis_version:7.4.", "valkey_version:8."]
        .iter()
        .any(|version| info.text().contains(version))
    {
        // ACL CAT of these servers does not list commands of modules.
        return;
    }
    for category in ["sessions", "dangerous"] {
        let listed = client.run(&["ACL", "CAT", category]);
        let mut listed = listed.texts();
        listed.retain(|name| name.starts_with("sessions."));
        listed.sort_unstable();
        let in_it = |page: &&Page| printed(page).contains(&format!("@{category}").as_str());
        let mut wanted: Vec<String> = pages
            .iter()
            .filter(in_it)
            .map(|page| page.command().to_lowercase())
            .collect();
        wanted.sort_unstable();
        assert_eq!(listed, wanted, "ACL CAT {category}");
    }
}

/// The users that docs/access-control.md defines by categories.
#[test]
fn on_a_newer_server_the_users_by_category_may_do_what_the_page_says() {
    let Some(newer) = Newer::start(&[]) else {
        return;
    };
    let mut administrator = newer.client();
    let access = Page::read("docs/access-control.md");
    let blocks = access.blocks().concat();
    let pages = command_pages();
    for (user, word) in [("webapp", "+@sessions -@dangerous"), ("reader", "+@sessions -@write")] {
        let start = format!("user {user} ");
        let line = blocks
            .iter()
            .find(|line| line.starts_with(&start) && line.contains(word));
        let line = line.unwrap_or_else(|| panic!("no {user} with {word}"));
        let words: Vec<&str> = line.split(' ').skip(1).collect();
        assert_eq!(
            administrator.run(&[&["ACL", "SETUSER"], &words[..]].concat()),
            "OK".into()
        );
        for page in &pages {
            let categories = printed(page);
            let denied = categories.contains(&"@dangerous") || user == "reader" && categories.contains(&"@write");
            let arity: i64 = page.fact("Arity").and_then(|cell| cell.parse().ok()).expect("an arity");
            let mut command = vec!["ACL", "DRYRUN", user, page.command()];
            command.extend((1..arity.abs()).map(|_| "x"));
            let may = administrator.run(&command) == "OK".into();
            assert_eq!(may, !denied, "{user}: {}", page.command());
        }
    }
}
