//! Writes replies element by element, so a map keeps its order and a string its bytes.

use std::ffi::CString;
use std::os::raw::c_long;

use super::{Context, api};
use crate::commands::reply::{FieldWriter, Format, Reply, SessionView};
use sessions_model::error::Error;

/// Writes every kind of reply except work, whose result comes later.
pub(super) fn write<B: AsRef<[u8]>>(context: Context<'_>, reply: &Reply<B>) {
    match reply {
        Reply::Null => null(context),
        Reply::Integer(number) => integer(context, *number),
        Reply::Token(token) => bulk(context, token.as_bytes()),
        Reply::Session(session, Format::Native) => native(context, session),
        Reply::Session(session, Format::Json) => {
            let mut json = String::new();
            session.write_json(&mut json);
            bulk(context, json.as_bytes());
        }
        Reply::Sessions(sessions, Format::Native) => {
            array(context, sessions.len());
            sessions.iter().for_each(|session| native(context, session));
        }
        Reply::Sessions(sessions, Format::Json) => bulk(context, json_list(sessions).as_bytes()),
        Reply::Ids(ids) => {
            array(context, ids.len());
            ids.iter().for_each(|id| bulk(context, id));
        }
        Reply::Lines(lines) => {
            array(context, lines.len());
            lines.iter().for_each(|line| bulk(context, line.as_bytes()));
        }
    }
}

fn json_list<B: AsRef<[u8]>>(sessions: &[SessionView<B>]) -> String {
    let mut json = String::from("[");
    for (position, session) in sessions.iter().enumerate() {
        if position > 0 {
            json.push(',');
        }
        session.write_json(&mut json);
    }
    json.push(']');
    json
}

fn native<B: AsRef<[u8]>>(context: Context<'_>, session: &SessionView<B>) {
    let length = c_long::try_from(session.field_count()).unwrap_or(0);
    // SAFETY: the context is a client's; as many pairs follow.
    unsafe { api!(RedisModule_ReplyWithMap)(context.raw, length) };
    session.write(&mut Native(context));
}

struct Native<'c>(Context<'c>);

impl FieldWriter for Native<'_> {
    fn text(&mut self, name: &str, value: &[u8]) {
        bulk(self.0, name.as_bytes());
        bulk(self.0, value);
    }

    fn integer(&mut self, name: &str, value: i64) {
        bulk(self.0, name.as_bytes());
        integer(self.0, value);
    }

    fn flag(&mut self, name: &str) {
        self.integer(name, 1);
    }

    fn data(&mut self, stored: Option<&[u8]>) {
        if let Some(data) = stored {
            self.text("d", data);
        }
    }
}

fn bulk(context: Context<'_>, bytes: &[u8]) {
    // SAFETY: the server copies the bytes.
    unsafe { api!(RedisModule_ReplyWithStringBuffer)(context.raw, bytes.as_ptr().cast(), bytes.len()) };
}

fn array(context: Context<'_>, length: usize) {
    let length = c_long::try_from(length).unwrap_or(0);
    // SAFETY: the context is a client's; as many elements follow.
    unsafe { api!(RedisModule_ReplyWithArray)(context.raw, length) };
}

pub(super) fn integer(context: Context<'_>, number: i64) {
    // SAFETY: the context is a client's.
    unsafe { api!(RedisModule_ReplyWithLongLong)(context.raw, number) };
}

fn null(context: Context<'_>) {
    // SAFETY: the context is a client's.
    unsafe { api!(RedisModule_ReplyWithNull)(context.raw) };
}

pub(super) fn error(context: Context<'_>, error: &Error) {
    if *error == Error::WrongArity {
        // SAFETY: the context is a client's.
        unsafe { api!(RedisModule_WrongArity)(context.raw) };
        return;
    }
    let text = CString::new(error.to_string()).unwrap_or_default();
    // SAFETY: the server copies the text, which is no format.
    unsafe { api!(RedisModule_ReplyWithError)(context.raw, text.as_ptr()) };
}
