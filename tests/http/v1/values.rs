//! Values that a schema of the document allows, and values that it does not.

use super::Site;
use serde_json::{Value, json};

/// The schema that a reference leads to; for a value that may be null, the schema of the other
/// values.
pub(super) fn resolved<'a>(site: &'a Site, schema: &'a Value) -> &'a Value {
    if let Some(place) = schema["$ref"].as_str() {
        return resolved(
            site,
            site.document.value().pointer(&place[1..]).expect("what is referred to"),
        );
    }
    match schema["oneOf"].as_array() {
        Some(options) => resolved(site, options.iter().find(|option| option["type"] != "null").unwrap()),
        None => schema,
    }
}

fn may_be_null(schema: &Value) -> bool {
    let listed =
        |list: &Value, is_null: &dyn Fn(&Value) -> bool| list.as_array().is_some_and(|l| l.iter().any(is_null));
    listed(&schema["type"], &|kind| kind == "null") || listed(&schema["oneOf"], &|option| option["type"] == "null")
}

/// Values that a schema allows and values that it does not.
pub(super) fn values(site: &Site, name: &str, schema: &Value) -> (Vec<Value>, Vec<Value>) {
    let nullable = may_be_null(schema);
    let schema = resolved(site, schema);
    let kind = match &schema["type"] {
        Value::Array(kinds) => kinds.iter().find(|kind| *kind != "null").unwrap(),
        kind => kind,
    };
    let integer = |member: &str| schema[member].as_i64().map(i128::from);
    let length = |member: &str| schema[member].as_u64().map(|n| usize::try_from(n).unwrap());
    let number = |number: i128| serde_json::from_str::<Value>(&number.to_string()).unwrap();
    let (mut valid, mut invalid) = match (kind.as_str().unwrap(), name) {
        ("integer", _) => {
            let (min, max) = (integer("minimum").unwrap(), integer("maximum").unwrap());
            let wrong = [json!("5s"), json!(1.5), json!(1e2), json!(""), json!("1 ")];
            let beyond = [number(min - 1), number(max + 1)];
            (vec![number(min), number(max)], [&wrong[..], &beyond[..]].concat())
        }
        ("boolean", _) => (vec![json!(true), json!(false)], vec![json!("true"), json!(1)]),
        ("object", _) => (
            vec![json!({}), json!({"a": {"b": [1, null]}})],
            vec![json!(4), json!([]), json!("{}")],
        ),
        ("array", _) => {
            let (min, max) = (length("minItems").unwrap(), length("maxItems").unwrap());
            let wrong = [json!("u1"), json!({}), json!([""]), json!([5]), json!(["u1", null])];
            let beyond = [json!(vec!["u"; min - 1]), json!(vec!["u"; max + 1])];
            (
                vec![json!(vec!["u"; min]), json!(vec!["u"; max])],
                [&wrong[..], &beyond[..]].concat(),
            )
        }
        ("string", "sid") => (
            vec![json!("0123456789abcdef")],
            vec![json!(""), json!("0123456789ABCDEF")],
        ),
        ("string", "confirm") => (vec![json!(site.app)], vec![json!(""), json!("WEBAPP"), json!("other")]),
        ("string", "ifid") => (vec![json!("u1")], vec![]),
        ("string", "data") => (vec![json!("yes"), json!("no")], vec![json!(""), json!("NO")]),
        ("string", _) => {
            let (min, max) = (length("minLength").unwrap_or(0), length("maxLength"));
            let too_short = (min > 0).then(|| json!("x".repeat(min - 1)));
            let too_long = max.map(|max| json!("x".repeat(max + 1)));
            let valid = vec![json!("x".repeat(min)), json!("x".repeat(max.unwrap_or(1000)))];
            (valid, too_short.into_iter().chain(too_long).collect())
        }
        other => panic!("no values for {other:?}"),
    };
    if nullable {
        valid.push(Value::Null);
    }
    if kind != "object" && kind != "string" {
        invalid.push(json!({}));
    }
    (valid, invalid)
}
