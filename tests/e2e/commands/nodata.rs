//! SOID … NODATA and SOAPP … NODATA: sessions without their data.

use crate::harness::*;

const LISTS: [&str; 2] = ["SESSIONS.SOID web u1", "SESSIONS.SOAPP web 0"];

/// Values that may be stored as data.
const STORED: [Option<&str>; 5] = [
    None,
    Some(""),
    Some(r#"{"cart":3,"d":{"d":1}}"#),
    Some("no JSON"),
    Some(r#"["d"]"#),
];

fn with_data(client: &mut Client, data: Option<&str>, more: &[&str]) -> String {
    let options = [&["IP", "::1", "UA", "curl"], more].concat();
    let token = create(client, "web", "u1", &options);
    if let Some(data) = data {
        client.run(&["HSET", &format!("rs:web:{token}"), "d", data]).int();
    }
    token
}

#[test]
fn with_nodata_a_native_session_has_every_field_but_d() {
    let server = Server::start();
    for mut client in [server.client(), server.client_resp3()] {
        for data in STORED {
            for options in [&[][..], &["NORESAVE", "LIFETIME", "100"]] {
                for list in LISTS {
                    let (token, replies) = in_one_second(&mut client, |client, _| {
                        let token = with_data(client, data, options);
                        let commands = [format!("{list} WITHTOKENS"), format!("{list} NODATA WITHTOKENS")];
                        (token, commands.map(|command| client.line(&command).sessions()))
                    });
                    let [mut with, without] = replies;
                    with[0].fields.retain(|(name, _)| name != "d");
                    assert_eq!(without[0].fields, with[0].fields, "{list}: {data:?}");
                    assert_eq!((without.len(), without[0].text("token")), (1, token.as_str()));
                }
            }
        }
    }
}

#[test]
fn with_nodata_a_json_session_has_neither_d_nor_d_text() {
    let server = Server::start();
    let mut client = server.client();
    for data in STORED {
        for list in LISTS {
            let replies = in_one_second(&mut client, |client, _| {
                with_data(client, data, &["LIFETIME", "100"]);
                [format!("{list} JSON"), format!("{list} JSON nodata")].map(|command| client.line(&command))
            });
            let [with, without] = replies.map(|reply| reply.text().to_owned());
            let (start, _) = with.split_once(r#","d":"#).unwrap();
            assert_eq!(without, format!("{start}}}]"), "{list}: {data:?}");
        }
    }
}

#[test]
fn nodata_lists_the_same_sessions_in_the_same_order() {
    let server = Server::start();
    let mut client = server.client();
    for list in [
        "SESSIONS.SOID web u1",
        "SESSIONS.SOID web u1 ASC",
        "SESSIONS.SOID web u1 DT 50",
        "SESSIONS.SOID web u1 LIMIT 3 20",
        "SESSIONS.SOAPP web 0",
        "SESSIONS.SOAPP web 50",
        "SESSIONS.SOAPP web 0 LIMIT 3 20",
    ] {
        let lists = in_one_second(&mut client, |client, _| {
            for number in 0..30 {
                let token = create(client, "web", "u1", &["DATA", r#"{"a":1}"#]);
                age_everywhere(client, "web", &token, number * 7 % 100);
            }
            ["", " NODATA"].map(|option| {
                let sessions = client.line(&format!("{list}{option}")).sessions();
                sessions.iter().map(|it| it.text("sid").to_owned()).collect::<Vec<_>>()
            })
        });
        assert!(!lists[0].is_empty() && lists[0] == lists[1], "{list}: {lists:?}");
    }
}
