//! Everything that a server stores, sends and logs, as bytes.

use crate::harness::*;
use std::collections::HashSet;
use std::fs;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

/// Half a token. The other half cannot be guessed.
const TELLING: usize = 32;

/// Names of places, and the bytes that were found there.
#[derive(Default)]
pub(super) struct Traces(Vec<(String, Vec<u8>)>);

impl Traces {
    pub(super) fn add(&mut self, place: impl Into<String>, bytes: impl Into<Vec<u8>>) {
        self.0.push((place.into(), bytes.into()));
    }

    /// All files of a server, by their names.
    pub(super) fn add_files(&mut self, whose: &str, server: &Server) {
        self.add_folder(whose, server.dir());
    }

    fn add_folder(&mut self, whose: &str, folder: &Path) {
        for entry in fs::read_dir(folder).expect("the folder is there") {
            let path = entry.expect("an entry").path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if path.is_dir() {
                self.add_folder(whose, &path);
            } else if let Ok(bytes) = fs::read(&path) {
                self.add(format!("{whose}'s {name}"), bytes);
            }
        }
    }

    /// All keys that SCAN returns, with their contents.
    #[track_caller]
    pub(super) fn add_keys(&mut self, whose: &str, client: &mut Client) {
        let mut cursor = "0".to_owned();
        let mut keys = Vec::new();
        loop {
            let reply = client.run(&["SCAN", &cursor, "COUNT", "1000"]);
            keys.extend(reply.list()[1].texts().into_iter().map(ToOwned::to_owned));
            reply.list()[0].text().clone_into(&mut cursor);
            if cursor == "0" {
                break;
            }
        }
        let mut contents = format!("{keys:?}");
        for key in &keys {
            let kind = client.run(&["TYPE", key]).text().to_owned();
            let reply = match kind.as_str() {
                "hash" => client.run(&["HGETALL", key]),
                "set" => client.run(&["SMEMBERS", key]),
                "zset" => client.run(&["ZRANGE", key, "0", "-1"]),
                // The key has just expired.
                _ => continue,
            };
            contents.push_str(&format!("{reply:?}"));
        }
        self.add(format!("{whose}'s keys"), contents);
    }

    /// The places that contain half of one of the tokens.
    pub(super) fn telling(&self, tokens: &[String]) -> Vec<&str> {
        let halves = tokens
            .iter()
            .flat_map(|token| [&token.as_bytes()[..TELLING], &token.as_bytes()[TELLING..]]);
        let halves: HashSet<&[u8]> = halves.collect();
        let tells = |bytes: &[u8]| {
            let words = bytes.split(|byte| !byte.is_ascii_alphanumeric());
            words
                .flat_map(|word| word.windows(TELLING))
                .any(|part| halves.contains(part))
        };
        let places = self.0.iter().filter(|(_, bytes)| tells(bytes));
        places.map(|(place, _)| place.as_str()).collect()
    }

    pub(super) fn places(&self) -> Vec<&str> {
        self.0.iter().map(|(place, _)| place.as_str()).collect()
    }
}

/// A replica that only records what the primary sends: first the RDB file, then the stream.
pub(super) struct Wiretap {
    stream: TcpStream,
    heard: Arc<Mutex<Vec<u8>>>,
    thread: JoinHandle<()>,
}

impl Wiretap {
    pub(super) fn begin(server: &Server) -> Wiretap {
        let mut stream = TcpStream::connect(("127.0.0.1", server.port())).expect("a connection");
        stream.write_all(b"SYNC\r\n").expect("the server reads");
        let heard = Arc::new(Mutex::new(Vec::new()));
        let mut from = stream.try_clone().expect("a second handle");
        let to = heard.clone();
        let thread = std::thread::spawn(move || {
            let mut bytes = vec![0; 65536];
            while let Ok(count @ 1..) = from.read(&mut bytes) {
                to.lock().unwrap().extend_from_slice(&bytes[..count]);
            }
        });
        Wiretap { stream, heard, thread }
    }

    /// Waits until a text has been received.
    #[track_caller]
    pub(super) fn wait_for(&self, words: &[u8]) {
        wait_until(GENEROUS, "the stream has come", || {
            let heard = self.heard.lock().unwrap();
            heard.windows(words.len()).any(|part| part == words)
        });
    }

    pub(super) fn end(self) -> Vec<u8> {
        let _ = self.stream.shutdown(Shutdown::Both);
        self.thread.join().expect("the thread ends");
        std::mem::take(&mut *self.heard.lock().unwrap())
    }
}

/// What a client receives until `words` arrive.
#[track_caller]
pub(super) fn all_until(client: &mut Client, words: &str) -> String {
    let mut all = String::new();
    loop {
        let message = format!("{:?}\n", client.receive());
        all.push_str(&message);
        if message.contains(words) {
            return all;
        }
    }
}
