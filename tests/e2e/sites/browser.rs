//! The parts of a browser that the tests need: it keeps cookies, sends forms with the headers that
//! browsers add, and follows no redirect.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::TcpStream;

pub(super) struct Browser {
    port: u16,
    pub(super) cookies: BTreeMap<String, String>,
    /// Sent with every request.
    headers: Vec<(String, String)>,
}

#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: String,
}

impl Browser {
    pub(super) fn new(port: u16) -> Browser {
        Browser {
            port,
            cookies: BTreeMap::new(),
            headers: vec![],
        }
    }

    pub(super) fn with(mut self, name: &str, value: &str) -> Browser {
        self.headers.push((name.into(), value.into()));
        self
    }

    #[track_caller]
    pub(super) fn get(&mut self, path: &str) -> Answer {
        self.send("GET", path, &[], "")
    }

    /// Sends a form of the site itself.
    #[track_caller]
    pub(super) fn post(&mut self, path: &str, form: &str) -> Answer {
        self.send("POST", path, &[("Sec-Fetch-Site", "same-origin")], form)
    }

    #[track_caller]
    pub(super) fn send(&mut self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let mut request = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n",
            self.host()
        );
        let own = self.headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        for (name, value) in own.chain(headers.iter().copied()) {
            request += &format!("{name}: {value}\r\n");
        }
        if !self.cookies.is_empty() {
            let pairs: Vec<String> = self
                .cookies
                .iter()
                .map(|(name, value)| format!("{name}={value}"))
                .collect();
            request += &format!("Cookie: {}\r\n", pairs.join("; "));
        }
        if method == "POST" {
            request += "Content-Type: application/x-www-form-urlencoded\r\n";
            request += &format!("Content-Length: {}\r\n", body.len());
        }
        let answer = self.exchange(&(request + "\r\n" + body));
        self.keep_cookies(&answer);
        answer
    }

    /// What browsers send as `Host` and, with `http://` before it, as `Origin`.
    pub(super) fn host(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    #[track_caller]
    fn exchange(&self, request: &str) -> Answer {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).expect("the site listens");
        stream.write_all(request.as_bytes()).expect("the site reads");
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).expect("the site answers");
        let text = String::from_utf8(bytes).expect("the answer is UTF-8");
        let (head, body) = text
            .split_once("\r\n\r\n")
            .unwrap_or_else(|| panic!("no HTTP: {text:?}"));
        let mut lines = head.lines();
        let status = lines
            .next()
            .and_then(|line| line.split(' ').nth(1))
            .and_then(|it| it.parse().ok());
        let headers: Vec<(String, String)> = lines
            .filter_map(|line| line.split_once(": "))
            .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
            .collect();
        assert!(!headers.iter().any(|(name, _)| name == "transfer-encoding"), "{head}");
        Answer {
            status: status.unwrap_or_else(|| panic!("no status: {head:?}")),
            headers,
            body: body.to_owned(),
        }
    }

    fn keep_cookies(&mut self, answer: &Answer) {
        for line in answer.all("set-cookie") {
            let (name, rest) = line.split_once('=').expect("a cookie");
            let value = rest.split(';').next().unwrap_or("").trim_matches('"');
            if value.is_empty() {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.into(), value.into());
            }
        }
    }
}

impl Answer {
    pub(super) fn all(&self, name: &str) -> Vec<&str> {
        let named = self.headers.iter().filter(|(found, _)| found == name);
        named.map(|(_, value)| value.as_str()).collect()
    }

    #[track_caller]
    pub(super) fn header(&self, name: &str) -> &str {
        self.all(name)
            .first()
            .copied()
            .unwrap_or_else(|| panic!("no {name} in {self:?}"))
    }

    /// Checks that a form was followed by a redirect to that path.
    #[track_caller]
    pub(super) fn goes_to(&self, path: &str) {
        assert_eq!((self.status, self.header("location")), (303, path), "{self:?}");
    }

    #[track_caller]
    pub(super) fn shows(&self, text: &str) {
        assert!(
            self.status == 200 && self.body.contains(text),
            "no {text:?} in {self:?}"
        );
    }

    #[track_caller]
    pub(super) fn hides(&self, text: &str) {
        assert!(!self.body.contains(text), "{text:?} in {self:?}");
    }
}
