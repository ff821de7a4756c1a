//! Values that some languages do not distinguish from others.

use super::{PARTS, Site};
use serde_json::{Value, json};

/// Data in which each value has a key of its own.
fn data() -> Value {
    json!({
        "whole": 3,
        "negative": -4,
        "fraction": 1.5,
        "small": 1e-7,
        "longest": 9_007_199_254_740_991_i64,
        "beyond": 9_223_372_036_854_775_807_i64,
        "point": 1.0,
        "true": true,
        "false": false,
        "text": "Grüße, ☂ 𝄞 \u{0} \"\\/ </script>",
        "no text": "",
        "digits": "0123",
        "object": {},
        "list": [],
        "nested": { "list": [[], {}, [1, { "a": { "b": [] } }]], "null": null, "0": "a", "1": "b" },
        "Schlüssel": ["ä"],
        "12": "a key of digits",
    })
}

#[test]
fn values_that_a_language_does_not_have_stay_when_it_changes_others() {
    let Some(site) = Site::shared() else { return };
    for maker in PARTS {
        let mut device = site.device();
        device.set(maker, &json!({ "cart": 1 }));
        let token = device.cookie.token();
        assert_eq!(site.v1("PATCH", &token).json(&data()).send().status(), 200);
        for writer in PARTS {
            device.set(writer, &json!({ "cart": writer }));
            let mut expected = data();
            expected["cart"] = json!(writer);
            let stored = super::device::shared(device.stored()["d"].clone());
            assert_eq!(stored, expected, "made by {maker}, changed by {writer}");
        }
    }
}

#[test]
fn a_value_that_goes_round_all_languages_comes_back_with_what_each_has_added() {
    let Some(site) = Site::shared() else { return };
    let written = json!({
        "whole": 9_007_199_254_740_991_i64,
        "fraction": -1.5e-7,
        "text": "Grüße, ☂ 𝄞 \u{0} \"\\/ </script>",
        "list": [1, [], [["ä"]], null, false],
        "nested": { "a": { "b": { "c": "" } }, "Schlüssel": [{ "d": 0 }] },
    });
    for maker in PARTS {
        let mut device = site.device();
        device.set(maker, &written);
        assert_eq!(super::device::shared(device.stored()["d"].clone()), written, "{maker}");
        // Not every language can create an empty object, so it comes from `/v1`.
        let mut value = written["nested"].clone();
        value["empty"] = json!([{}, []]);
        let patch = site.v1("PATCH", &device.cookie.token());
        patch.json(&json!({ "nested": value })).send().assert_status(200);
        for writer in PARTS {
            value[writer] = json!(["ü", 1]);
            device.set(writer, &json!({ "nested": value }));
            assert_eq!(
                device.stored()["d"]["nested"],
                value,
                "made by {maker}, changed by {writer}"
            );
        }
        for reader in PARTS {
            let seen = device.read(reader);
            assert_eq!(seen["list"], written["list"], "{reader}");
            assert_eq!(seen["nested"]["Schlüssel"], value["Schlüssel"], "{reader}");
        }
    }
}
