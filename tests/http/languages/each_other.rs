//! For all pairs of parts of the site, the session of one part in the other.

use super::{PARTS, Site};
use crate::frameworks::{SECRETS, signed};
use serde_json::{Value, json};

#[test]
fn the_session_that_each_framework_makes_is_read_and_changed_by_each_other() {
    let Some(site) = Site::shared() else { return };
    for maker in PARTS {
        let mut device = site.device();
        let mut data = json!({ "cart": { "bread": 1 } });
        device.set(maker, &data);
        device.assert_everywhere("", &data, maker);
        let visitor = device.clone();
        device.log_in(maker, "1");
        visitor.assert_nowhere(&PARTS, maker);
        for writer in PARTS {
            let change = json!({ writer: [maker, 1.5, "Grüße"] });
            let before = device.cookie.decoded();
            device.set(writer, &change);
            assert_eq!(device.cookie.decoded(), before, "{writer} keeps the cookie of {maker}");
            data[writer] = change[writer].clone();
        }
        device.assert_everywhere("1", &data, maker);
        assert_eq!(device.open(maker, "me"), json!({ "user": "1" }), "{maker}");
        assert_eq!(device.stored()["ttl"], 86_400, "{maker}");
        assert_eq!(device.stored()["no_resave"], Value::Null, "{maker}");
    }
}

#[test]
fn a_new_cookie_at_one_framework_keeps_the_user_whom_another_has_logged_in() {
    let Some(site) = Site::shared() else { return };
    for maker in PARTS {
        for renewer in ["django", "flask", "fastapi", "php", "laravel"] {
            let why = format!("log-in at {maker}, new cookie at {renewer}");
            let mut device = site.device();
            device.log_in(maker, "6");
            device.set(maker, &json!({ "cart": 1 }));
            let before = device.clone();
            device.open(renewer, "renew");
            before.assert_nowhere(&[maker, renewer], &why);
            assert_eq!(device.stored()["id"], "6", "{why}");
            assert_eq!(device.open(maker, "me"), json!({ "user": "6" }), "{why}");
            for part in [maker, renewer] {
                assert_eq!(device.read(part), json!({ "cart": 1 }), "{part}, {why}");
            }
        }
    }
}

#[test]
fn a_session_created_over_http_works_in_each_framework() {
    let Some(site) = Site::shared() else { return };
    let mut device = site.device();
    device.cookie = signed("8Jc0Y5q-Zb2mXo7TnEwLr1_fKdV4sHgA", SECRETS[1]);
    let token = device.cookie.token();
    let mut data = json!({ "cart": { "bread": 1 } });
    let request = site.v1("PUT", &token).header("If-None-Match", "*");
    request
        .json(&json!({ "id": "2", "data": data }))
        .send()
        .assert_status(201);
    device.assert_everywhere("2", &data, "PUT");
    data["lang"] = json!("de");
    site.v1("PATCH", &token)
        .json(&json!({ "lang": "de" }))
        .send()
        .assert_status(200);
    device.assert_everywhere("2", &data, "PATCH");
    site.v1("DELETE", &token).send().assert_status(204);
    device.assert_nowhere(&PARTS, "DELETE");
}

#[test]
fn a_log_out_and_the_end_of_other_devices_are_for_all_frameworks_wherever_the_log_in_was() {
    let Some(site) = Site::shared() else { return };
    for maker in PARTS {
        for ender in PARTS {
            let why = format!("log-in at {maker}, ended at {ender}");
            let [mut laptop, mut phone] = [site.device(), site.device()];
            laptop.log_in(maker, "3");
            phone.log_in(maker, "3");
            assert_eq!(laptop.end_others(ender), 1, "{why}");
            assert_eq!(laptop.stored()["id"], "3", "{why}");
            phone.assert_nowhere(&[maker, ender], &why);
            let logged_in = laptop.clone();
            laptop.open(ender, "logout");
            logged_in.assert_nowhere(&[maker, ender], &why);
            assert_eq!(laptop.read(maker), Value::Object(Default::default()), "{why}");
            assert_eq!(site.count("3"), 0, "{why}");
        }
    }
}

#[test]
fn under_the_cookie_of_an_ended_session_only_laravel_begins_another_which_is_anonymous() {
    let Some(site) = Site::shared() else { return };
    for part in PARTS {
        let mut device = site.device();
        device.log_in("django", "7");
        device.set("php", &json!({ "cart": 1 }));
        let ended = device.cookie.id();
        site.v1("DELETE", &device.cookie.token()).send().assert_status(204);
        device.set(part, &json!({ "lang": "de" }));
        assert_eq!(device.cookie.id() == ended, part == "laravel", "{part}");
        device.assert_everywhere("", &json!({ "lang": "de" }), part);
    }
}
