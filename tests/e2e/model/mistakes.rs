//! Commands that must be refused and change nothing.

use super::command::Command;
use crate::harness::Dice;

const APP: &str = "ERR invalid app: 1 to 64 characters of A-Z a-z 0-9 _ -";
const ID: &str = "ERR invalid id: 1 to 512 bytes of UTF-8 without control characters";
const EMPTY_ID: &str = "ERR invalid id: must not be empty";
const SID: &str = "ERR invalid sid: exactly 16 hexadecimal digits 0-9 a-f";
const IP: &str = "ERR invalid ip: at most 256 bytes of UTF-8 without control characters; empty means unknown";
const TTL: &str = "ERR invalid ttl: a whole number of seconds from 1 to 315360000";
const LIFETIME: &str = "ERR invalid lifetime: a whole number of seconds from 1 to 315360000";
const GRACE: &str = "ERR invalid grace: a whole number of seconds from 1 to 60";
const MAX: &str = "ERR invalid max: a whole number from 1 to 100";
const DT: &str = "ERR invalid dt: a whole number of seconds from 0 (no limit) to 315360000";
const TOKEN: &str = "ERR invalid token: exactly 64 characters of A-Z a-z 0-9";
const W: &str = "ERR invalid w: a whole number from 0 to 9223372036854775807";
const N: &str = "ERR invalid n: a whole number from -9223372036854775808 to 9223372036854775807";
const KEY: &str = "ERR invalid key: 1 to 256 bytes of UTF-8";
const EMPTY: &str = "ERR invalid data: must have at least one key";
const LIMIT: &str = "ERR invalid limit: offset must be 0 or more, count 1 or more, or -1 for all";
const DEPTH: &str = "ERR invalid data: must be at most 32 levels deep";
const NUMBER: &str = "ERR invalid data: numbers must have at most 128 characters and be within the range of a 64-bit floating-point number";

/// Commands, their words separated by `|`. `app`, `token`, `id` and `new` (a token) are replaced by
/// valid values, `long` by 257 bytes.
const MISTAKES: &[(&str, &str)] = &[
    ("CREATE|a b|id", APP),
    ("CREATE||id", APP),
    ("KILLALL|ü", APP),
    ("CREATE|app|", ID),
    ("CREATE|app|tab\t", ID),
    ("ROTATE|app|token|ID|\u{85}", ID),
    ("SOID|app|", EMPTY_ID),
    ("KILLSOID|app|", EMPTY_ID),
    ("ROTATE|app|token|ID|", ID),
    ("KILLSOID|app|id|ONLY|0123456789ABCDEF", SID),
    ("CREATE|app|id|IP|tab\t", IP),
    ("CREATE|app|id|TTL|0", TTL),
    ("CREATE|app|id|TTL|315360001", TTL),
    ("TOUCH|app|token|TTL|+5", TTL),
    ("TOUCH|app|token|TTL|99999999999999999999", TTL),
    ("CREATE|app|id|LIFETIME|5.0", LIFETIME),
    ("ROTATE|app|token|GRACE|0", GRACE),
    ("ROTATE|app|token|ID|id|GRACE|61", GRACE),
    ("ROTATE|app|token|GRACE|-1", GRACE),
    ("ROTATE|app|token|ANON|GRACE|1.5", GRACE),
    ("CREATE|app|id|MAX|0", MAX),
    ("CREATE|app|id|MAX|101|REJECT", MAX),
    ("ROTATE|app|token|ID|id|MAX|", MAX),
    ("SAVE|app|new|{}|ID|id|MAX|3.0", MAX),
    (
        "CREATE|app|id|ANON|MAX|3",
        "ERR syntax error: ANON and MAX cannot be combined; usage: SESSIONS.CREATE app id [ANON] [IP ip] [UA ua] [TTL seconds] [NORESAVE] [LIFETIME seconds] [MAX n [REJECT]] [DATA json]",
    ),
    (
        "CREATE|app|id|REJECT",
        "ERR syntax error: REJECT requires MAX; usage: SESSIONS.CREATE app id [ANON] [IP ip] [UA ua] [TTL seconds] [NORESAVE] [LIFETIME seconds] [MAX n [REJECT]] [DATA json]",
    ),
    (
        "ROTATE|app|token|MAX|3",
        "ERR syntax error: MAX requires ID; usage: SESSIONS.ROTATE app token [ID id | ANON] [GRACE seconds] [IP ip] [UA ua] [TTL seconds] [LIFETIME seconds] [MAX n [REJECT]] [DATA json]",
    ),
    ("ACTIVITY|app|-1", DT),
    ("SOAPP|app|", DT),
    ("COUNT|app|DT|x", DT),
    ("SOAPP|app|0|LIMIT|-1|5", LIMIT),
    ("USERS|app|0|LIMIT|0|0", LIMIT),
    ("SOID|app|id|LIMIT|0|-2", LIMIT),
    ("SET|app|token|{}", EMPTY),
    ("SET|app|token|{}|IFW|1|IFID|id", EMPTY),
    ("SET|app|token|{\"a\":1}|IFW|-1", W),
    ("SET|app|token|{\"a\":1}|LIFETIME|0", LIFETIME),
    ("SAVE|app|short|{}", TOKEN),
    ("SAVE|app|new|{}|IFW|9223372036854775808", W),
    ("SAVE|app|new|{}|ID|", ID),
    ("SAVE|app|new|[]", "ERR invalid data: must be a JSON object"),
    ("SAVE|app|new|{\"a\":1e400}", NUMBER),
    ("SAVE|app|new|{}|IP|\u{85}", IP),
    ("INCR|app|token|a|BY|1.5", N),
    ("INCR|app|token|a|BY|9223372036854775808", N),
    ("INCR|app|token|a|BY|", N),
    ("INCR|app|token|", KEY),
    ("INCR|app|token|long", KEY),
    ("CREATE|app|tab\t|ANON", ID),
    ("ROTATE|app|token|DATA|[1]", "ERR invalid data: must be a JSON object"),
    ("ROTATE|app|token|TTL|1 ", TTL),
    ("SOID|app|id|ONLY|0123456789abcde", SID),
    ("SET|app|token|[]", "ERR invalid data: must be a JSON object"),
    ("SET|app|token|{\"a\":[-1e400]}", NUMBER),
    (
        "CREATE|app|id|DATA|{\"a\":[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]}",
        DEPTH,
    ),
    (
        "CREATE|app|id|TTL|5|ttl|5",
        "ERR syntax error: TTL is given twice; usage: SESSIONS.CREATE app id [ANON] [IP ip] [UA ua] [TTL seconds] [NORESAVE] [LIFETIME seconds] [MAX n [REJECT]] [DATA json]",
    ),
    (
        "SAVE|app|new|{}|NX|IFW|1",
        "ERR syntax error: NX and IFW cannot be combined; usage: SESSIONS.SAVE app token json [NX | XX] [ID id | ANON] [IP ip] [UA ua] [TTL seconds] [LIFETIME seconds] [NORESAVE] [MAX n [REJECT]] [IFW w]",
    ),
    (
        "SAVE|app|new|{}|nx|xx",
        "ERR syntax error: NX and XX cannot be combined; usage: SESSIONS.SAVE app token json [NX | XX] [ID id | ANON] [IP ip] [UA ua] [TTL seconds] [LIFETIME seconds] [NORESAVE] [MAX n [REJECT]] [IFW w]",
    ),
    (
        "ROTATE|app|token|ANON|ID|id",
        "ERR syntax error: ANON and ID cannot be combined; usage: SESSIONS.ROTATE app token [ID id | ANON] [GRACE seconds] [IP ip] [UA ua] [TTL seconds] [LIFETIME seconds] [MAX n [REJECT]] [DATA json]",
    ),
    (
        "SET|app|token|{\"a\":1}|IFID",
        "ERR syntax error: IFID requires a value; usage: SESSIONS.SET app token json [IFW w] [IFID id] [TTL seconds] [LIFETIME seconds] [JSON]",
    ),
    (
        "INCR|app|token|a|5",
        "ERR syntax error: unknown option at argument 4; usage: SESSIONS.INCR app token key [BY n]",
    ),
    (
        "SOID|app|id|NODATA|nodata",
        "ERR syntax error: NODATA is given twice; usage: SESSIONS.SOID app id [ONLY sid] [DT seconds] [ASC | DESC] [LIMIT offset count] [NODATA] [WITHTOKENS] [JSON]",
    ),
    (
        "TOUCH|app|token|TTL",
        "ERR syntax error: TTL requires a value; usage: SESSIONS.TOUCH app token [TTL seconds]",
    ),
    (
        "GET|app|token|XML",
        "ERR syntax error: unknown option at argument 3; usage: SESSIONS.GET app token [JSON]",
    ),
    (
        "COUNT|app|600",
        "ERR syntax error: unknown option at argument 2; usage: SESSIONS.COUNT app [DT seconds]",
    ),
    (
        "USERS|app|0|LIMIT|0",
        "ERR syntax error: LIMIT requires two values: offset and count; usage: SESSIONS.USERS app dt [LIMIT offset count]",
    ),
    (
        "KILLSOID|app|id|EXCEPT|token|ONLY|0123456789abcdef",
        "ERR syntax error: EXCEPT and ONLY cannot be combined; usage: SESSIONS.KILLSOID app id [EXCEPT token | ONLY sid]",
    ),
    (
        "EXISTS|app",
        "ERR wrong number of arguments for 'sessions.exists' command",
    ),
    (
        "KILL|app|token|more",
        "ERR wrong number of arguments for 'sessions.kill' command",
    ),
    (
        "SET|app|token",
        "ERR wrong number of arguments for 'sessions.set' command",
    ),
    (
        "SAVE|app|new",
        "ERR wrong number of arguments for 'sessions.save' command",
    ),
    (
        "INCR|app|token",
        "ERR wrong number of arguments for 'sessions.incr' command",
    ),
];

pub(super) fn draw(dice: &mut Dice, app: &str, token: &str, id: &str) -> Command {
    let (words, error) = MISTAKES[dice.below(MISTAKES.len())];
    let words = words.split('|').map(|word| match word {
        "app" => app.to_owned(),
        "token" => token.to_owned(),
        "id" => id.to_owned(),
        "new" => dice.token(),
        "long" => "x".repeat(257),
        word => word.to_owned(),
    });
    Command::Refused {
        words: words.collect(),
        error,
    }
}
