//! Random options of each command, and random data.

use super::load::IDS;
use crate::harness::Dice;

pub(super) fn options(dice: &mut Dice, name: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut add = |dice: &mut Dice, percent: usize, more: &[&str]| {
        if dice.chance(percent) {
            words.extend(more.iter().map(|&word| word.to_owned()));
        }
    };
    let number = (1 + dice.below(3)).to_string();
    let id = format!("u:{}", dice.below(IDS));
    let data = data(dice);
    match name {
        "CREATE" => {
            match dice.below(6) {
                // Visitors.
                0 | 1 => add(dice, 100, &["ANON"]),
                2 => add(dice, 100, &["MAX", &number]),
                3 => add(dice, 50, &["REJECT", "MAX", &number]),
                _ => {}
            }
            add(dice, 50, &["IP", "10.0.0.1"]);
            add(dice, 30, &["UA", "Mozilla/5.0 (\tü)"]);
            // Some sessions time out while the load continues.
            add(dice, 20, &["TTL", &number]);
            add(dice, 10, &["NORESAVE"]);
            add(dice, 10, &["LIFETIME", &number]);
            add(dice, 50, &["DATA", &data]);
        }
        "GET" | "PEEK" => add(dice, 50, &["JSON"]),
        "SET" => {
            add(dice, 50, &["JSON"]);
            add(dice, 20, &["IFW", &number]);
            add(dice, 10, &["IFID", "u:1"]);
            add(dice, 20, &["TTL", "100"]);
            add(dice, 20, &["LIFETIME", "100"]);
        }
        "SAVE" => {
            match dice.below(4) {
                0 => add(dice, 100, &["NX"]),
                1 => add(dice, 100, &["XX"]),
                2 => add(dice, 50, &["IFW", &number]),
                _ => {}
            }
            match dice.below(4) {
                0 => add(dice, 100, &["ANON"]),
                // A visitor logs in.
                1 => add(dice, 100, &["ID", &id]),
                2 => add(dice, 100, &["ID", &id, "MAX", &number]),
                _ => {}
            }
            add(dice, 20, &["UA", "Mozilla/5.0"]);
            add(dice, 20, &["IP", ""]);
            add(dice, 20, &["TTL", &number]);
            add(dice, 10, &["NORESAVE"]);
            add(dice, 10, &["LIFETIME", &number]);
        }
        "INCR" => add(dice, 50, &["BY", "-7"]),
        "TOUCH" => add(dice, 30, &["TTL", "100"]),
        "ROTATE" => {
            match dice.below(4) {
                0 => add(dice, 100, &["ANON"]),
                1 => add(dice, 100, &["ID", &id]),
                2 => add(dice, 100, &["ID", &id, "MAX", &number]),
                _ => {}
            }
            add(dice, 50, &["GRACE", &number]);
            add(dice, 20, &["UA", "Mozilla/5.0"]);
            add(dice, 20, &["TTL", "100"]);
            add(dice, 20, &["LIFETIME", "100"]);
            add(dice, 30, &["DATA", &data]);
        }
        "KILLSOID" => add(dice, 50, &["ONLY", "0123456789abcdef"]),
        "SOID" => {
            add(dice, 30, &["DT", "100"]);
            add(dice, 30, &["ASC"]);
            add(dice, 20, &["ONLY", "0123456789abcdef"]);
            add(dice, 20, &["NODATA"]);
            add(dice, 50, &["WITHTOKENS"]);
            add(dice, 50, &["JSON"]);
        }
        "SOAPP" => {
            add(dice, 20, &["NODATA"]);
            add(dice, 50, &["WITHTOKENS"]);
            add(dice, 50, &["JSON"]);
        }
        "COUNT" | "COUNTSOID" => add(dice, 50, &["DT", "100"]),
        _ => {}
    }
    words
}

pub(super) fn data(dice: &mut Dice) -> String {
    let values = [
        "null",
        "true",
        "1.0",
        "\"text\"",
        "\"\\ud83d\"",
        "-12345678901234567890",
    ];
    let pairs: Vec<String> = (0..1 + dice.below(4))
        .map(|_| format!("\"k{}\":{}", dice.below(20), dice.pick(&values)))
        .collect();
    format!("{{{}}}", pairs.join(","))
}
