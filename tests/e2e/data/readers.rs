//! Strict JSON parsers of other languages accept every JSON reply, regardless of what was sent or
//! stored: one session's data must not break the list of a whole app.

use crate::clients::{self, Tool};
use crate::harness::*;
use std::io::Write;
use std::process::Stdio;

/// What another program may have stored as `d`, in the worst case.
fn stored() -> Vec<Vec<u8>> {
    let mut stored: Vec<Vec<u8>> = [
        r#"{"name":"\ud83d","a":["\ude00",{"\ud83dx":"\ud83d\ude00"}]}"#,
        r#"{"\ud83d":1,"\ude00":2}"#,
        r#"{"a":1e400,"b":[-1E+400,{"c":1e99999999999999999999}]}"#,
        r#"{"a":1e-400,"b":0e999999,"c":-0.0,"d":12345678901234567890}"#,
        " {\t\"a\" :\r\n[ 1 , { } ] } ",
        "{\"a\":\"\u{2028}\u{7f}\u{feff}\"}",
        r#"{"a":1,"a":2,"":0}"#,
        "rubbish\r\n\0\u{1}",
        r#""\ud83d""#,
        "[1e400]",
        "",
    ]
    .map(|text| text.as_bytes().to_vec())
    .into();
    stored.push(b"{\"a\xff\":\"x\xfe\xc3\",\"\xed\xa0\xbd\":\"\xc0\x80\"}".to_vec());
    stored.push(b"\xff\xfe".to_vec());
    for number in [
        "9".repeat(5000),
        format!("-{}", "9".repeat(309)),
        format!("0.{}", "3".repeat(5000)),
        format!("1{}e-5000", "0".repeat(5000)),
        format!("{}.5E-1", "7".repeat(200)),
    ] {
        stored.push(format!(r#"{{"a":{number},"b":[{number}]}}"#).into());
    }
    for levels in [32, 33, 2000] {
        stored.push(format!("{}1{}", r#"{"a":"#.repeat(levels), "}".repeat(levels)).into());
        stored.push(format!(r#"{{"a":{}{}}}"#, "[".repeat(levels - 1), "]".repeat(levels - 1)).into());
    }
    stored
}

/// JSON replies of every command that supports them, and the number of sessions in them.
fn replies(client: &mut Client) -> (Vec<String>, usize) {
    let stored = stored();
    let mut replies = Vec::new();
    let mut keep = |reply: Reply| {
        let is_refusal = reply.is_error_of("ERR");
        replies.extend((!is_refusal).then(|| reply.text().to_owned()));
    };
    for data in &stored {
        let token = create(client, "web", "u1", &[]);
        let key = format!("rs:web:{token}");
        let command: [&[u8]; 4] = [b"HSET", key.as_bytes(), b"d", data];
        client.run(&command);
        keep(client.run(&["SESSIONS.GET", "web", &token, "JSON"]));
        keep(client.run(&["SESSIONS.PEEK", "web", &token, "JSON"]));
    }
    keep(client.run(&["SESSIONS.SOID", "web", "u1", "JSON"]));
    keep(client.run(&["SESSIONS.SOAPP", "web", "0", "JSON", "WITHTOKENS"]));
    for session in client.run(&["SESSIONS.SOAPP", "web", "0", "WITHTOKENS"]).sessions() {
        let json = r#"{"x":["\ud83d",{"\ude00":1e308}]}"#;
        keep(client.run(&["SESSIONS.SET", "web", session.text("token"), json, "JSON"]));
    }
    let singles = replies.len() - 2;
    (replies, singles + 2 * stored.len())
}

#[test]
fn serde_json_reads_every_json_reply() {
    let server = Server::start();
    let (replies, shown) = replies(&mut server.client());
    let mut seen = 0;
    for reply in replies {
        let parsed = serde_json::from_str(&reply).unwrap_or_else(|error| panic!("{error} in {reply}"));
        let sessions = match parsed {
            serde_json::Value::Array(sessions) => sessions,
            session => vec![session],
        };
        seen += sessions.len();
        assert!(sessions.iter().all(|session| session["d"].is_object()), "{reply}");
    }
    assert_eq!(seen, shown);
}

#[test]
fn the_servers_own_lua_reads_every_json_reply() {
    let server = Server::start();
    let mut client = server.client();
    let script = "local it = cjson.decode(ARGV[1]); it = it[1] or it; return type(it.d)";
    for reply in replies(&mut client).0 {
        assert_eq!(client.run(&["EVAL", script, "0", &reply]), "table".into(), "{reply}");
    }
}

#[test]
fn python_reads_every_json_reply() {
    let program = r#"
import json, sys
shown = 0
for text in sys.stdin.buffer.read().split(b"\0"):
    reply = json.loads(text.decode())
    json.dumps(reply, ensure_ascii=False).encode()
    for session in reply if isinstance(reply, list) else [reply]:
        assert isinstance(session["d"], dict)
        shown += 1
print(shown)
"#;
    all_are_read("py", program, clients::python());
}

#[test]
fn node_reads_every_json_reply() {
    let program = r#"
const texts = require("node:fs").readFileSync(0).toString().split("\0");
const sessions = texts.flatMap((text) => JSON.parse(text));
const whole = (session) => session.d.constructor === Object && JSON.stringify(session).isWellFormed?.() !== false;
if (!sessions.every(whole)) throw new Error("no data");
console.log(sessions.length);
"#;
    all_are_read("cjs", program, clients::node());
}

#[test]
fn php_reads_every_json_reply() {
    let program = r#"<?php
$shown = 0;
foreach (explode("\0", file_get_contents('php://stdin')) as $text) {
    $reply = json_decode($text, true, 512, JSON_THROW_ON_ERROR);
    json_encode($reply, JSON_THROW_ON_ERROR);
    foreach (array_is_list($reply) ? $reply : [$reply] as $session) {
        if (!is_array($session['d'])) exit("no data in $text");
        $shown++;
    }
}
echo $shown, "\n";
"#;
    all_are_read("php", program, clients::php());
}

#[test]
fn go_reads_every_json_reply() {
    let program = r#"package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"os"
)

func main() {
	input, _ := io.ReadAll(os.Stdin)
	shown := 0
	for _, text := range bytes.Split(input, []byte{0}) {
		if text[0] != '[' {
			text = append(append([]byte("["), text...), ']')
		}
		var sessions []struct{ D map[string]any }
		if err := json.Unmarshal(text, &sessions); err != nil {
			log.Fatal(err, string(text))
		}
		for _, session := range sessions {
			if session.D == nil {
				log.Fatal("no data in ", string(text))
			}
			shown++
		}
	}
	fmt.Println(shown)
}
"#;
    all_are_read("go", program, clients::go());
}

/// The program gets all replies, separated by NUL, and prints the number of sessions in them.
#[track_caller]
fn all_are_read(extension: &str, program: &str, tool: Option<Tool>) {
    let Some(tool) = tool else { return };
    let server = Server::start();
    let (replies, shown) = replies(&mut server.client());
    let source = server.dir().join(format!("reader.{extension}"));
    std::fs::write(&source, program).expect("the program is written");
    let mut child = tool
        .command(&source)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program can be started");
    let mut input = child.stdin.take().expect("a pipe");
    // A program that fails early stops reading: its own error says more than the broken pipe.
    let _ = input.write_all(replies.join("\0").as_bytes());
    drop(input);
    let output = child.wait_with_output().expect("the program ends");
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}: {told}", output.status);
    assert_eq!(String::from_utf8_lossy(&output.stdout), format!("{shown}\n"), "{told}");
}
