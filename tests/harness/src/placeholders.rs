//! `<token>`, `<sid>`, `<time>` and `<entry>` in the pages, which replace values that differ in
//! each run.

/// The values of the named placeholders in one example.
#[derive(Default)]
pub struct Placeholders {
    known: Vec<(String, String)>,
}

struct Kind {
    /// What the placeholder's name ends with.
    name: &'static str,
    length: usize,
    fits: fn(char) -> bool,
}

const KINDS: &[Kind] = &[
    Kind {
        name: "token",
        length: 64,
        fits: |c| c.is_ascii_alphanumeric(),
    },
    Kind {
        name: "sid",
        length: 16,
        fits: |c| c.is_ascii_digit() || ('a'..='f').contains(&c),
    },
    Kind {
        name: "time",
        length: 10,
        fits: |c| c.is_ascii_digit(),
    },
    // The ID of a stream's entry: milliseconds, and the number of the entry within that
    // millisecond.
    Kind {
        name: "entry",
        length: 15,
        fits: |c| c.is_ascii_digit() || c == '-',
    },
];

impl Placeholders {
    /// A line to type in, with the placeholders replaced by their values.
    pub fn filled(&self, line: &str) -> String {
        let fill = |line: String, (name, value): &(String, String)| line.replace(&format!("<{name}>"), value);
        self.known.iter().fold(line.to_owned(), fill)
    }

    /// Whether a reply is the printed one. When a placeholder occurs for the first time, it takes
    /// the value in the reply; later occurrences must have the same value. A time matches any
    /// value.
    pub fn matches(&mut self, printed: &str, reply: &str) -> bool {
        let (mut printed, mut reply) = (printed, reply);
        while let Some((before, name, behind)) = next(printed) {
            let Some(rest) = reply.strip_prefix(before) else {
                return false;
            };
            let Some(value) = self.value(name, rest) else {
                return false;
            };
            printed = behind;
            reply = &rest[value.len()..];
        }
        printed == reply
    }

    fn value<'a>(&mut self, name: &str, text: &'a str) -> Option<&'a str> {
        let kind = KINDS.iter().find(|kind| name.ends_with(kind.name))?;
        let value = text.get(..kind.length).filter(|value| value.chars().all(kind.fits))?;
        if kind.name == "time" {
            return Some(value);
        }
        match self.known.iter().find(|(known, _)| known == name) {
            Some((_, meant)) => (meant == value).then_some(value),
            None => {
                self.known.push((name.to_owned(), value.to_owned()));
                Some(value)
            }
        }
    }
}

/// The text before the next placeholder, its name, and the text after it.
fn next(text: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = text.split_once('<')?;
    let (name, behind) = rest.split_once('>')?;
    Some((before, name, behind))
}

#[test]
fn a_placeholder_means_the_same_everywhere() {
    let mut names = Placeholders::default();
    let (one, other) = ("1".repeat(64), "2".repeat(64));
    assert!(names.matches("\"<token>\"", &format!("\"{one}\"")));
    assert!(names.matches("a <token>, <other token>", &format!("a {one}, {other}")));
    assert!(!names.matches("<token>", &other));
    assert!(!names.matches("<third token>", &one[1..]));
    assert_eq!(names.filled("GET <other token>"), format!("GET {other}"));
    assert!(names.matches("<time> <time>", "1795242057 1795242058"));
    assert!(names.matches("<sid>.", "81d8ee2d588f4ead.") && !names.matches("<sid>", "81d8ee2d588f4eax"));
}
