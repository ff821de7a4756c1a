//! Parts that the routes about lists and ends share.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::problem::Problem;
use crate::store::{MAX_COUNT, MAX_OFFSET, Page, Session, Shown, integer};

/// How many items are listed by default.
const COUNT: usize = 50;

#[derive(Serialize, ToSchema)]
pub(super) struct Listed {
    pub(super) sessions: Vec<Session>,
}

#[derive(Serialize, ToSchema)]
pub(super) struct Killed {
    pub(super) killed: i64,
}

impl Killed {
    pub(super) fn of_reply(reply: &redis::Value) -> Result<axum::Json<Self>, Problem> {
        Ok(axum::Json(Self {
            killed: integer(reply)?,
        }))
    }
}

/// The parameter `offset`.
#[derive(Deserialize)]
#[serde(try_from = "String")]
pub(super) struct Offset(usize);

impl TryFrom<String> for Offset {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        within(&text, 0, MAX_OFFSET).map(Self)
    }
}

/// The parameter `limit`.
#[derive(Deserialize)]
#[serde(try_from = "String")]
pub(super) struct Count(usize);

impl TryFrom<String> for Count {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        within(&text, 1, MAX_COUNT).map(Self)
    }
}

pub(super) fn page(offset: Option<Offset>, count: Option<Count>) -> Page {
    Page {
        offset: offset.map_or(0, |Offset(offset)| offset),
        count: count.map_or(COUNT, |Count(count)| count),
    }
}

/// The parameter `data`.
#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum Detail {
    Yes,
    No,
}

impl From<Option<Detail>> for Shown {
    fn from(detail: Option<Detail>) -> Self {
        match detail {
            Some(Detail::No) => Self::WithoutData,
            Some(Detail::Yes) | None => Self::WithData,
        }
    }
}

fn within(text: &str, min: usize, max: usize) -> Result<usize, String> {
    let number = Some(text).filter(|text| text.bytes().all(|b| b.is_ascii_digit()));
    let number = number.and_then(|text| text.parse().ok());
    number
        .filter(|number| (min..=max).contains(number))
        .ok_or_else(|| format!("a whole number from {min} to {max}"))
}
