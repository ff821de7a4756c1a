//! The links of all Markdown files of the repository.

use crate::harness::repository;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Component, Path, PathBuf};

/// Folders with files that were built or installed.
const NOT_OURS: [&str; 5] = [".git", "node_modules", "target", "vendor", "dist"];

/// All Markdown files of the repository, by their paths from the top. A source archive has no
/// `.git` that could name them.
fn pages() -> BTreeMap<PathBuf, String> {
    let mut pages = BTreeMap::new();
    let mut folders = vec![PathBuf::new()];
    while let Some(folder) = folders.pop() {
        let full = repository("").join(&folder);
        for entry in fs::read_dir(&full).expect("a folder of the repository can be read") {
            let entry = entry.expect("an entry of a folder can be read");
            let name = folder.join(entry.file_name());
            let file_type = entry.file_type().expect("an entry has a type");
            if file_type.is_dir() && !NOT_OURS.iter().any(|other| entry.file_name() == *other) {
                folders.push(name);
            } else if file_type.is_file() && name.extension().is_some_and(|it| it == "md") {
                pages.insert(name, fs::read_to_string(entry.path()).expect("a page is UTF-8"));
            }
        }
    }
    assert!(pages.contains_key(Path::new("README.md")), "no page was found");
    pages
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
