//! Reads the pages under `docs/`: their headings, tables and fenced blocks.

use std::path::{Path, PathBuf};

pub struct Page {
    pub name: String,
    text: String,
}

/// The pages of all commands, by file name.
#[track_caller]
pub fn command_pages() -> Vec<Page> {
    let folder = repository().join("docs/commands");
    let entries = std::fs::read_dir(&folder).expect("docs/commands can be read");
    let mut names: Vec<String> = entries
        .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
        .filter(|name| name != "README.md")
        .collect();
    names.sort();
    names
        .iter()
        .map(|name| Page::read(&format!("docs/commands/{name}")))
        .collect()
}

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

impl Page {
    /// A page by its path from the top of the repository.
    #[track_caller]
    pub fn read(path: &str) -> Page {
        let file = repository().join(path);
        let text = std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{path}: {error}"));
        Page {
            name: path.to_owned(),
            text,
        }
    }

    /// The command that the page's first heading names.
    #[track_caller]
    pub fn command(&self) -> &str {
        let heading = self.text.lines().next().and_then(|line| line.strip_prefix("# "));
        heading.unwrap_or_else(|| panic!("{} does not begin with a heading", self.name))
    }

    /// All fenced blocks, as lines.
    pub fn blocks(&self) -> Vec<Vec<&str>> {
        let mut blocks = Vec::new();
        let mut open: Option<Vec<&str>> = None;
        for line in self.text.lines() {
            match (line.starts_with("```"), &mut open) {
                (true, None) => open = Some(Vec::new()),
                (true, Some(_)) => blocks.extend(open.take()),
                (false, Some(block)) => block.push(line),
                (false, None) => {}
            }
        }
        assert!(open.is_none(), "{}: a block does not end", self.name);
        blocks
    }

    /// The fenced blocks that begin with this prompt.
    pub fn examples(&self, prompt: &str) -> Vec<Vec<&str>> {
        let mut blocks = self.blocks();
        blocks.retain(|block| block.first().is_some_and(|line| line.starts_with(prompt)));
        blocks
    }

    /// The first paragraph after the syntax, without its full stop.
    #[track_caller]
    pub fn summary(&self) -> &str {
        let (_, behind) = self.text.split_once("```\n\n").expect("a paragraph behind the syntax");
        let line = behind.lines().next().unwrap_or_default();
        line.strip_suffix('.')
            .unwrap_or_else(|| panic!("{}: {line:?} is not a sentence", self.name))
    }

    /// The second cell of the row with that first cell, in the first table.
    pub fn fact(&self, name: &str) -> Option<&str> {
        let row = format!("| {name} | ");
        self.text
            .lines()
            .find_map(|line| line.strip_prefix(&row)?.strip_suffix(" |"))
    }

    /// The words in backticks of a fact.
    #[track_caller]
    pub fn words(&self, fact: &str) -> Vec<&str> {
        let cell = self
            .fact(fact)
            .unwrap_or_else(|| panic!("{} has no row {fact}", self.name));
        cell.split('`').skip(1).step_by(2).collect()
    }

    /// Whether the page contains a text, regardless of line breaks.
    pub fn says(&self, text: &str) -> bool {
        let flat = self.text.split_whitespace().collect::<Vec<_>>().join(" ");
        flat.contains(text)
    }

    /// The part under a heading of the third level.
    #[track_caller]
    pub fn section(&self, heading: &str) -> Page {
        let start = format!("\n### {heading}\n");
        let Some((_, section)) = self.text.split_once(&start) else {
            panic!("{} has no section {heading}", self.name)
        };
        let end = ["\n## ", "\n### "].iter().filter_map(|mark| section.find(mark)).min();
        Page {
            name: format!("{}, {heading}", self.name),
            text: section[..end.unwrap_or(section.len())].to_owned(),
        }
    }

    /// The rows of the table under a heading; empty without that heading.
    pub fn table(&self, heading: &str) -> Vec<Vec<&str>> {
        let Some((_, section)) = self.text.split_once(&format!("\n## {heading}\n")) else {
            return Vec::new();
        };
        let section = section.split("\n## ").next().unwrap_or_default();
        let rows = section.lines().filter(|line| line.starts_with('|'));
        rows.skip(2).map(cells).collect()
    }

    /// The rows of the table whose first column has that heading.
    #[track_caller]
    pub fn table_of(&self, column: &str) -> Vec<Vec<&str>> {
        let mut lines = self.text.lines();
        let heading = format!("| {column} |");
        assert!(
            lines.any(|line| line.starts_with(&heading)),
            "{} has no table of {column}",
            self.name
        );
        lines
            .skip(1)
            .take_while(|line| line.starts_with('|'))
            .map(cells)
            .collect()
    }
}

fn cells(row: &str) -> Vec<&str> {
    row.trim_matches('|').split(" | ").map(str::trim).collect()
}

/// A cell without the backticks around it.
#[track_caller]
pub fn code(cell: &str) -> &str {
    cell.strip_prefix('`')
        .and_then(|cell| cell.strip_suffix('`'))
        .unwrap_or_else(|| panic!("{cell:?} is not in backticks"))
}
