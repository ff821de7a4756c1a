//! A shop in Node.js, Django and PHP: what a user with two devices does.

use super::{PARTS, Site};
use crate::chromium::run_in_chromium;
use serde_json::json;

const LANGUAGES: [&str; 3] = ["express", "django", "php"];

#[test]
fn a_user_logs_in_at_django_fills_the_cart_in_php_and_ends_other_devices_in_node() {
    let Some(site) = Site::shared() else { return };
    let [mut laptop, mut phone] = [site.device(), site.device()];
    laptop.set("php", &json!({ "cart": { "bread": 1 } }));
    let visitor = laptop.clone();
    laptop.log_in("django", "4");
    visitor.assert_nowhere(&LANGUAGES, "before the log-in");
    laptop.set("php", &json!({ "cart": { "bread": 1, "milk": 2 } }));
    laptop.set("express", &json!({ "seen": ["tea"] }));
    phone.log_in("django", "4");
    phone.set("php", &json!({ "cart": { "tea": 1 } }));

    let data = json!({ "cart": { "bread": 1, "milk": 2 }, "seen": ["tea"] });
    for part in LANGUAGES {
        assert_eq!(laptop.read(part), data, "{part}");
        assert_eq!(phone.read(part), json!({ "cart": { "tea": 1 } }), "{part}");
    }
    assert_eq!(laptop.end_others("express"), 1);
    phone.assert_nowhere(&LANGUAGES, "another device");
    assert_eq!(laptop.open("django", "me"), json!({ "user": "4" }));

    let before = laptop.clone();
    laptop.open("php", "logout");
    before.assert_nowhere(&LANGUAGES, "the log-out");
    assert_eq!(laptop.open("django", "me"), json!({ "user": "" }));
    assert_eq!(site.count("4"), 0);
}

#[test]
fn in_chromium_the_parts_of_a_site_share_one_cookie() {
    let Some(site) = Site::shared() else { return };
    let address = format!("http://127.0.0.1:{}", site.front.port());
    let facts = json!({ "site": address, "parts": PARTS });
    if run_in_chromium("languages/chromium.cjs", &[], facts) {
        assert_eq!(site.count("9"), 0);
    }
}
