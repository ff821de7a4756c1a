//! The response with a new token.

use redis::Value;
use serde::Serialize;
use sessions_model::ident::Token;
use utoipa::ToSchema;

use super::schema;
use crate::store::{Failure, text};

#[derive(Serialize, ToSchema)]
pub(super) struct Made {
    #[schema(value_type = schema::TokenText)]
    token: String,
    #[schema(value_type = schema::Sid)]
    sid: String,
}

impl Made {
    /// From the reply of CREATE or ROTATE. `None`: there is no such session.
    pub(super) fn of_reply(reply: Value) -> Result<Option<Self>, Failure> {
        let Some(token) = text(reply)? else { return Ok(None) };
        let sid = Token::parse(&token).ok_or(Failure::Unexpected)?.sid();
        let string = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Ok(Some(Self {
            token: string(&token),
            sid: string(sid.as_bytes()),
        }))
    }
}
