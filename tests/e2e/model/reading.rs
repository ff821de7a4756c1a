//! Replies with sessions in them, native and JSON, as one kind of value.

use super::json::Json;
use crate::harness::Reply;

pub(super) fn object(reply: &Reply, json: bool) -> Result<Json, String> {
    if json {
        return whole_json(reply);
    }
    let pairs: Vec<(&Reply, &Reply)> = match reply {
        Reply::Map(pairs) => pairs.iter().map(|(name, value)| (name, value)).collect(),
        Reply::List(flat) if flat.len() % 2 == 0 => flat.chunks(2).map(|pair| (&pair[0], &pair[1])).collect(),
        _ => return Err("a session was expected".into()),
    };
    let mut fields = Vec::new();
    for (name, value) in pairs {
        let name = as_text(name)?;
        let value = match value {
            Reply::Int(number) => Json::number(*number),
            text => Json::text(as_text(text)?),
        };
        fields.push((name, value));
    }
    Ok(Json::object(fields))
}

pub(super) fn objects(reply: &Reply, json: bool) -> Result<Vec<Json>, String> {
    match reply {
        reply if json => match whole_json(reply)? {
            Json::List(items) => Ok(items),
            _ => Err("a JSON array was expected".into()),
        },
        Reply::List(items) => items.iter().map(|item| object(item, false)).collect(),
        _ => Err("an array of sessions was expected".into()),
    }
}

pub(super) fn texts(reply: &Reply) -> Result<Vec<&str>, String> {
    match reply {
        Reply::List(items) => items.iter().map(as_text).collect(),
        _ => Err("an array was expected".into()),
    }
}

fn as_text(reply: &Reply) -> Result<&str, String> {
    match reply {
        Reply::Text(bytes) => std::str::from_utf8(bytes).map_err(|_| "no UTF-8".into()),
        other => Err(format!("a string was expected where {other:?} is")),
    }
}

fn whole_json(reply: &Reply) -> Result<Json, String> {
    Json::parse(as_text(reply)?).ok_or("JSON was expected".into())
}
