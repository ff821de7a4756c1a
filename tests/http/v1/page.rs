//! Compares docs/http.md with the service: its examples, its tables of parameters and statuses, its
//! problems.

use super::Site;
use super::document::Operation;
use crate::harness::*;
use std::collections::BTreeSet;
use std::process::Command;

/// Problems that the page describes once for all routes.
const OF_ALL_ROUTES: [&str; 15] = [
    "invalid-argument",
    "invalid-json",
    "unauthorized",
    "app-not-allowed",
    "right-not-allowed",
    "cross-site",
    "slow-request",
    "too-large",
    "unsupported-media-type",
    "wrong-host",
    "internal",
    "no-permission",
    "unavailable",
    "overloaded",
    "no-module",
];

fn page() -> Page {
    Page::read("docs/http.md")
}

#[test]
fn the_examples_are_answered_as_printed() {
    let site = Site::start();
    let (page, mut client) = (page(), site.server().client());
    // Commands that print nothing define variables for later commands.
    let mut definitions = Vec::new();
    let examples = page.examples("$ ");
    assert!(examples.len() > 15);
    for example in examples {
        let mut defined = definitions.clone();
        let wrong = in_one_second(&mut client, |_, _| {
            defined.clone_from(&definitions);
            played(&site, &example, &mut defined)
        });
        assert!(wrong.is_none(), "{}", wrong.unwrap_or_default());
        definitions = defined;
    }
}

/// Types an example into a shell. Returns the differences from the printed output.
fn played(site: &Site, example: &[&str], definitions: &mut Vec<String>) -> Option<String> {
    let mut names = Placeholders::default();
    let mut lines = example.iter().peekable();
    while let Some(line) = lines.next() {
        let command = names.filled(line.strip_prefix("$ ").expect("a prompt"));
        let mut printed = Vec::new();
        while let Some(line) = lines.next_if(|line| !line.starts_with("$ ")) {
            printed.push(*line);
        }
        let (printed, answered) = (printed.join("\n"), typed(site, definitions, &command));
        if printed.is_empty() {
            definitions.push(command.clone());
        }
        if !names.matches(&printed, answered.trim_end_matches('\n')) {
            return Some(format!("{command}\nprinted:\n{printed}\nanswered:\n{answered}"));
        }
    }
    None
}

fn typed(site: &Site, definitions: &[String], command: &str) -> String {
    let script = [definitions.join("\n"), command.to_owned()].join("\n");
    let address = format!("http://127.0.0.1:{}", site.service.port());
    let output = Command::new("bash")
        .args(["-c", &script.replace("http://127.0.0.1:8081", &address)])
        .env("KEY", &site.service.key("ops").text)
        .output()
        .expect("bash can be run");
    String::from_utf8(output.stdout).expect("UTF-8 is answered")
}

/// The parameters of a route in the document: the part of the request and the name.
fn described<'a>(site: &'a Site, operation: &Operation<'a>) -> BTreeSet<(&'a str, &'a str)> {
    let parameters = operation.description["parameters"].as_array().unwrap().iter();
    let of_parameters = parameters
        .map(|parameter| (parameter["in"].as_str().unwrap(), parameter["name"].as_str().unwrap()))
        .filter(|(place, _)| *place != "path");
    let schema = &operation.description["requestBody"]["content"]["application/json"]["schema"];
    let members = super::values::resolved(site, schema)["properties"].as_object();
    let of_body = members.into_iter().flatten().map(|(name, _)| ("body", name.as_str()));
    of_parameters.chain(of_body).collect()
}

/// The statuses of a route, with the name of the problem if it belongs to this route.
fn statuses(operation: &Operation) -> BTreeSet<String> {
    let responses = operation.description["responses"].as_object().unwrap();
    let mut statuses = BTreeSet::new();
    for (status, response) in responses {
        let problems = problems(response);
        if problems.is_empty() {
            statuses.insert(status.clone());
        }
        let own = problems.iter().filter(|name| !OF_ALL_ROUTES.contains(&name.as_str()));
        statuses.extend(own.map(|name| format!("{status} `{name}`")));
    }
    statuses
}

/// The names of the problems that a response can have.
fn problems(response: &serde_json::Value) -> Vec<String> {
    let schema = &response["content"]["application/problem+json"]["schema"];
    let types = schema["allOf"][1]["properties"]["type"]["enum"].as_array();
    let types = types.into_iter().flatten();
    let names = types.map(|kind| kind.as_str().unwrap().strip_prefix("/problems/").unwrap());
    names.map(str::to_owned).collect()
}

#[test]
fn the_tables_of_the_routes_say_what_the_document_says() {
    let site = Site::start();
    let page = page();
    let routes = page.table_of("route");
    let mut listed: BTreeSet<String> = BTreeSet::new();
    for operation in site.document.operations() {
        let route = format!("{} {}", operation.method, operation.path);
        let right = operation.description["security"][0]["key"][0]
            .as_str()
            .unwrap_or("none");
        let row = routes.iter().find(|row| row[0].contains(&format!("`{route}`")));
        assert_eq!(
            row.unwrap_or_else(|| panic!("{route} is not listed"))[1],
            right,
            "{route}"
        );
        listed.insert(route.clone());
        if right == "none" {
            continue;
        }
        let section = page.section(&format!("`{route}`"));
        let has_table = section.says("| in | name | |");
        let rows = if has_table { section.table_of("in") } else { Vec::new() };
        let of_page: BTreeSet<(&str, &str)> = rows.iter().map(|row| (row[0], code(row[1]))).collect();
        assert_eq!(of_page, described(&site, &operation), "{route}");
        let of_page: BTreeSet<String> = section.table_of("status").iter().map(|row| row[0].to_owned()).collect();
        assert_eq!(of_page, statuses(&operation), "{route}");
    }
    assert_eq!(listed.len(), routes.len(), "the page lists other routes too");
}

#[test]
fn the_table_of_problems_is_whole_and_each_is_described_at_the_service() {
    let site = Site::start();
    let page = page();
    let table = page.table("Problems");
    let of_page: BTreeSet<&str> = table.iter().map(|row| code(row[0])).collect();
    let mut of_document: BTreeSet<String> = ["no-route", "method-not-allowed"].map(str::to_owned).into();
    for operation in site.document.operations() {
        let responses = operation.description["responses"].as_object().unwrap();
        of_document.extend(responses.values().flat_map(problems));
    }
    assert_eq!(of_page, of_document.iter().map(String::as_str).collect());
    for row in table {
        let name = code(row[0]);
        let described = site.service.get(&format!("/problems/{name}")).send().assert_status(200);
        let start = format!("{} {name}: ", row[1]);
        assert!(described.text().starts_with(&start), "{name}: {described:?}");
    }
}
