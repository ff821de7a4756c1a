//! SOAPP and USERS, whose order is only exact to an index step: a page is right if it fits one of
//! the possible orders.

use super::answer::{HASHED, refused, since};
use super::command::{Limit, Listing};
use super::reading::{objects, texts};
use super::session::{Form, Session};
use super::state::State;
use crate::harness::Reply;

pub(super) fn page_of_sessions(
    state: &State,
    app: &str,
    listing: Listing,
    now: i64,
    reply: &Reply,
) -> Result<(), String> {
    if state.is_hashed && listing.tokens {
        return refused(reply, HASHED);
    }
    let since = since(listing.dt, now);
    let matching: Vec<&Session> = state.of_app(app).filter(|s| s.is_live(now) && s.la >= since).collect();
    let activities: Vec<i64> = matching.iter().map(|session| session.la).collect();
    let form = Form::of_list(listing);
    let expected: Vec<_> = matching.iter().map(|session| session.shown(now, form)).collect();
    let sids: Vec<String> = matching.iter().map(|session| session.sid()).collect();
    let mut page = Vec::new();
    for got in objects(reply, listing.json)? {
        let sid = got
            .field("sid")
            .and_then(|sid| sid.as_text())
            .ok_or("a sid was expected")?;
        let place = sids.iter().position(|known| *known == sid);
        let place = place.ok_or(format!("{got:?} should not be listed"))?;
        if got != expected[place] {
            return Err(format!("expected {:?}", expected[place]));
        }
        page.push(place);
    }
    is_a_page(&activities, &page, listing.limit, state.index_step)
}

pub(super) fn page_of_ids(
    state: &State,
    app: &str,
    dt: i64,
    limit: Option<Limit>,
    now: i64,
    reply: &Reply,
) -> Result<(), String> {
    let since = since(Some(dt), now);
    let matching: Vec<&str> = state.ids(app).filter(|id| state.activity(app, id) >= since).collect();
    let activities: Vec<i64> = matching.iter().map(|id| state.activity(app, id)).collect();
    let mut page = Vec::new();
    for got in texts(reply)? {
        let place = matching.iter().position(|id| *id == got);
        page.push(place.ok_or(format!("{got:?} should not be listed"))?);
    }
    is_a_page(&activities, &page, limit, state.index_step)
}

/// `page` names items by their position in `activities`.
fn is_a_page(activities: &[i64], page: &[usize], limit: Option<Limit>, step: i64) -> Result<(), String> {
    let (start, count) = Limit::page(limit, activities.len());
    if page.len() != count {
        return Err(format!("expected {count} items of {} from {start}", activities.len()));
    }
    for (at, item) in page.iter().enumerate() {
        if page[..at].contains(item) {
            return Err(format!("item {at} is listed twice"));
        }
        let own = activities[*item];
        let surely_before = activities.iter().filter(|&&other| other >= own + step).count();
        let perhaps_before = activities.iter().filter(|&&other| other > own - step).count();
        if surely_before > start + at || perhaps_before < start + at + 1 {
            return Err(format!("item {at} is out of order by a step or more"));
        }
    }
    let in_order = page.iter().enumerate().all(|(at, item)| {
        page[at + 1..]
            .iter()
            .all(|later| activities[*later] < activities[*item] + step)
    });
    in_order
        .then_some(())
        .ok_or("the order is off by a step or more".into())
}
