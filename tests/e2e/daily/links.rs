//! The links of all Markdown files of the repository.

use crate::harness::repository;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Component, Path, PathBuf};
use std::process::Command;

/// All Markdown files that git knows, by their paths from the top.
fn pages() -> BTreeMap<PathBuf, String> {
    let mut git = Command::new("git");
    git.current_dir(repository(""))
        .args(["ls-files", "--cached", "--others", "--exclude-standard", "*.md"]);
    let output = git.output().expect("git can be run");
    let names = String::from_utf8(output.stdout).expect("UTF-8");
    let read = |name: &str| Some((PathBuf::from(name), fs::read_to_string(repository(name)).ok()?));
    names.lines().filter_map(read).collect()
}

/// The lines that are not in a fenced block.
fn prose(text: &str) -> impl Iterator<Item = &str> {
    let mut is_fenced = false;
    text.lines().filter(move |line| {
        let is_fence = line.trim_start().starts_with("```");
        is_fenced ^= is_fence;
        !is_fenced && !is_fence
    })
}

/// The targets of `[text](target)` and of `src="target"`.
fn targets(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for line in prose(text) {
        for (start, end) in [("](", ')'), ("src=\"", '"'), ("srcset=\"", '"')] {
            let parts = line.split(start).skip(1);
            found.extend(parts.filter_map(|part| Some(part.split_once(end)?.0.to_owned())));
        }
    }
    found
}

/// The anchors that GitHub makes of the headings.
fn anchors(text: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for line in prose(text).filter(|line| line.starts_with('#')) {
        let heading = line.trim_start_matches('#').trim().to_lowercase();
        let kept = |c: &char| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_');
        let anchor: String = heading
            .chars()
            .filter(kept)
            .map(|c| if c == ' ' { '-' } else { c })
            .collect();
        let earlier = found.iter().filter(|other| **other == anchor).count();
        found.push(if earlier == 0 {
            anchor
        } else {
            format!("{anchor}-{earlier}")
        });
    }
    found
}

/// The path without `.` and `..`.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => drop(plain.pop()),
            Component::CurDir => {}
            other => plain.push(other),
        }
    }
    plain
}

#[test]
fn every_link_leads_to_a_file_and_a_heading_that_exist() {
    let pages = pages();
    let mut broken = Vec::new();
    for (name, text) in &pages {
        for target in targets(text) {
            if target.contains("://") || target.starts_with("mailto:") {
                continue;
            }
            let (path, anchor) = target.split_once('#').unwrap_or((&target, ""));
            let folder = name.parent().unwrap_or(Path::new(""));
            let leads_to = if path.is_empty() {
                name.clone()
            } else {
                plain(&folder.join(path))
            };
            let has_anchor = |text: &String| anchor.is_empty() || anchors(text).iter().any(|it| it == anchor);
            let is_there = repository(leads_to.to_str().expect("UTF-8")).exists();
            if !is_there || !pages.get(&leads_to).is_none_or(has_anchor) {
                broken.push(format!("{}: {target}", name.display()));
            }
        }
    }
    assert!(broken.is_empty(), "{broken:#?}");
}

#[test]
fn a_link_to_a_client_leads_to_its_own_pages_and_not_to_a_registry() {
    let registries = [
        "npmjs.com/package",
        "pypi.org/project",
        "crates.io/crates",
        "packagist.org/packages",
    ];
    for (name, text) in pages() {
        for target in targets(&text) {
            let is_registry = registries.iter().any(|registry| target.contains(registry));
            assert!(!is_registry, "{}: {target}", name.display());
        }
    }
}
