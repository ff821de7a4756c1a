//! The reasons why a route refuses a body or a query. The texts contain nothing that the client
//! sent, because it may be a secret; serde's own texts would repeat it.

use crate::problem::{Kind, Problem};

/// Which part of a request is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    Body,
    Query,
}

/// Converts serde's text. `path` is the path of the member or parameter; it is only shown if the
/// route has that name.
pub fn refused(part: Part, path: &str, words: &str) -> Problem {
    let what = match part {
        Part::Body => "member in the body",
        Part::Query => "parameter in the query",
    };
    let words = match part {
        // serde_json appends the position to its text.
        Part::Body => words.rsplit_once(" at line ").map_or(words, |(words, _)| words),
        Part::Query => words,
    };
    let name = match (path, part) {
        (".", Part::Body) => "body",
        (".", Part::Query) => "query",
        (path, _) => path,
    };
    let quoted = |text: &str| text.replace('`', "\"");
    // What the client sent comes before the last "expected".
    let expected = words.rsplit_once("expected ").map(|(_, expected)| quoted(expected));
    let detail = if words.starts_with("unknown field") {
        match expected {
            Some(expected) => format!("unknown {what}: expected {expected}"),
            None => format!("unknown {what}: the route allows none"),
        }
    } else if let Some(field) = words.strip_prefix("missing field ") {
        format!("{} is required", quoted(field))
    } else if let Some(field) = words.strip_prefix("duplicate field ") {
        format!("{} is given twice", quoted(field))
    } else if ["invalid type", "invalid value", "invalid length", "unknown variant"]
        .iter()
        .any(|start| words.starts_with(start))
    {
        format!("invalid {name}: expected {}", expected.unwrap_or_default())
    } else {
        // Texts in another form than serde's own come from types of the service.
        format!("invalid {name}: {words}")
    };
    Problem::new(Kind::InvalidArgument, detail)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_says_what_is_allowed_and_never_what_was_sent() {
        for (part, path, words, expected) in [
            (
                Part::Body,
                "?",
                "unknown field `s3cret`, expected `ttl` at line 1 column 9",
                "unknown member in the body: expected \"ttl\"",
            ),
            (
                Part::Body,
                "?",
                "unknown field `x`, expected s3cret at line 1`, expected one of `id`, `ip` at line 1 column 9",
                "unknown member in the body: expected one of \"id\", \"ip\"",
            ),
            (
                Part::Query,
                "s3cret",
                "unknown field `s3cret at line 1`, there are no fields",
                "unknown parameter in the query: the route allows none",
            ),
            (Part::Query, ".", "missing field `id`", "\"id\" is required"),
            (
                Part::Body,
                "id",
                "duplicate field `id` at line 1 column 9",
                "\"id\" is given twice",
            ),
            (
                Part::Body,
                "ids[2]",
                "invalid type: integer `5`, expected a string at line 1 column 9",
                "invalid ids[2]: expected a string",
            ),
            (
                Part::Body,
                ".",
                "invalid type: string \"s3cret, expected s3cret\", expected a JSON object at line 1 column 9",
                "invalid body: expected a JSON object",
            ),
            (
                Part::Query,
                "data",
                "unknown variant `s3cret`, expected `yes` or `no`",
                "invalid data: expected \"yes\" or \"no\"",
            ),
            (
                Part::Query,
                "limit",
                "a whole number from 1 to 500",
                "invalid limit: a whole number from 1 to 500",
            ),
        ] {
            assert_eq!(refused(part, path, words).detail, expected, "{words}");
        }
    }
}
