//! Requests at the same time in several languages.

use super::{PARTS, Site};
use serde_json::json;
use std::thread;

const REQUESTS: usize = 8;

#[test]
fn of_requests_at_once_in_all_languages_no_change_is_lost() {
    let Some(site) = Site::shared() else { return };
    let mut device = site.device();
    device.log_in("django", "5");
    let name = |part: &str, number: usize| format!("{part}{number}");
    thread::scope(|scope| {
        for part in PARTS {
            let mut device = device.clone();
            scope.spawn(move || {
                for number in 0..REQUESTS {
                    device.set(part, &json!({ name(part, number): number }));
                }
            });
        }
    });
    let seen = device.read("express");
    for part in PARTS {
        for number in 0..REQUESTS {
            assert_eq!(seen[name(part, number)], number, "{part}, {seen}");
        }
    }
    assert_eq!(device.stored()["id"], "5");
}
