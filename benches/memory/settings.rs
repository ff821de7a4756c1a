//! Bytes per session under settings of the server, and with other lengths of a session's values.

use crate::DATA;
use crate::parts::by_module;
use crate::shape::Shape;
use crate::text::{grouped, table as markdown};

const LARGE: &str = "hash-max-listpack-value 64";
const SMALL: &str = "hash-max-listpack-value 1024";

/// What is varied, the lines of configuration, and a function from the bytes of the data to a
/// session.
type Case = (&'static str, &'static [&'static str], fn(usize) -> Shape);

pub(crate) fn table() -> String {
    let agent = |data| Shape {
        user_agent: 110,
        ..Shape::with_data(data)
    };
    let uuid = |data| Shape {
        id: 36,
        ..Shape::with_data(data)
    };
    let anonymous = |data| Shape {
        id: 0,
        ..Shape::with_data(data)
    };
    let cases: [Case; 7] = [
        ("`hash-max-listpack-value 64`, the default", &[LARGE], Shape::with_data),
        ("`hash-max-listpack-value 1024`", &[SMALL], Shape::with_data),
        (
            "… and `set-max-listpack-entries 0` (Redis 7.2 and newer)",
            &[SMALL, NO_SET_LISTPACKS],
            Shape::with_data,
        ),
        (
            "… and `hash-max-listpack-entries 4`",
            &[SMALL, "hash-max-listpack-entries 4"],
            Shape::with_data,
        ),
        ("… with a user agent of 110 bytes", &[SMALL], agent),
        ("… with an id of 36 bytes in place of 10", &[SMALL], uuid),
        ("… with anonymous sessions", &[SMALL], anonymous),
    ];
    let has_set_listpacks = !crate::machine::first_line(&crate::server_program(), &["--version"]).contains("v=7.0.");
    let rows: Vec<Vec<String>> = cases
        .iter()
        .filter(|(_, settings, _)| has_set_listpacks || !settings.contains(&NO_SET_LISTPACKS))
        .map(|(name, settings, shape)| {
            let bytes = DATA.iter().map(|&data| grouped(by_module(settings, &shape(data))));
            std::iter::once((*name).to_owned()).chain(bytes).collect()
        })
        .collect();
    let head = ["setting", "no data", "200 bytes", "1,000 bytes"];
    format!("Bytes per session by the module:\n\n{}", markdown(&head, &rows))
}

const NO_SET_LISTPACKS: &str = "set-max-listpack-entries 0";
