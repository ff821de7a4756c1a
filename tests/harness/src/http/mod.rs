//! A blocking HTTP client that sends what a test specifies and adds only `Host` and
//! `Content-Length`. It returns every response unchanged: it does not follow redirects, and no
//! status is an error.

mod connection;
mod request;
mod response;
mod stream;

pub use connection::Connection;
pub use request::{Request, percent_encoded};
pub use response::Response;
pub use stream::Stream;

use crate::wait::GENEROUS;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::PathBuf;
use std::time::Instant;

/// The address of a server, and the key for requests to it.
#[derive(Clone, Debug)]
pub struct Endpoint {
    address: Address,
    /// The default of `Host`, which a request can replace.
    host: String,
    /// The default of `Authorization`, which a request can replace.
    authorization: Option<String>,
}

#[derive(Clone, Debug)]
enum Address {
    Port(u16),
    Socket(PathBuf),
}

impl Endpoint {
    /// A port of 127.0.0.1.
    pub fn at_port(port: u16) -> Endpoint {
        Endpoint {
            address: Address::Port(port),
            host: format!("127.0.0.1:{port}"),
            authorization: None,
        }
    }

    /// A Unix socket.
    pub fn at_socket(path: impl Into<PathBuf>) -> Endpoint {
        Endpoint {
            address: Address::Socket(path.into()),
            host: "localhost".into(),
            authorization: None,
        }
    }

    /// The same for a client that sends this key, as `Authorization: Bearer`.
    pub fn as_key(&self, key: impl AsRef<str>) -> Endpoint {
        Endpoint {
            authorization: Some(format!("Bearer {}", key.as_ref())),
            ..self.clone()
        }
    }

    /// The port on 127.0.0.1.
    #[track_caller]
    pub fn port(&self) -> u16 {
        match &self.address {
            Address::Port(port) => *port,
            Address::Socket(path) => panic!("{} is not a port", path.display()),
        }
    }

    /// The address as the service's configuration has it.
    pub(crate) fn listen(&self) -> String {
        match &self.address {
            Address::Port(port) => format!("127.0.0.1:{port}"),
            Address::Socket(path) => format!("unix:{}", path.display()),
        }
    }

    /// `target` is sent unchanged: no part of it is encoded or normalized.
    pub fn request(&self, method: &str, target: &str) -> Request {
        Request::new(self.clone(), method, target)
    }

    pub fn get(&self, target: &str) -> Request {
        self.request("GET", target)
    }

    pub fn post(&self, target: &str) -> Request {
        self.request("POST", target)
    }

    /// A connection for several requests, one after another.
    #[track_caller]
    pub fn connect(&self) -> Connection {
        self.try_connect()
            .unwrap_or_else(|error| panic!("no connection: {error}"))
    }

    /// Like `connect`, for servers that may be away.
    pub fn try_connect(&self) -> Result<Connection, String> {
        Connection::open(self)
    }

    /// A connection for raw bytes.
    #[track_caller]
    pub fn stream(&self) -> Stream {
        self.try_stream()
            .unwrap_or_else(|error| panic!("no connection to {:?}: {error}", self.address))
    }

    /// Like `stream`, where the system may have no room for a connection at the moment.
    pub fn try_stream(&self) -> std::io::Result<Stream> {
        Stream::open(&self.address)
    }

    /// Writes bytes to a new connection, as far as the peer reads them; returns everything that the
    /// peer sends until it closes the connection, which it must do in time.
    #[track_caller]
    pub fn raw(&self, bytes: impl AsRef<[u8]>) -> Vec<u8> {
        let end = Instant::now() + GENEROUS;
        let mut stream = self.stream();
        stream.set_timeout(GENEROUS);
        // A peer that refuses a request may close before it has read all.
        let _ = stream.write_all(bytes.as_ref());
        let (mut came, mut part) = (Vec::new(), [0; 16 * 1024]);
        loop {
            let left = end.saturating_duration_since(Instant::now());
            assert!(
                !left.is_zero(),
                "open after {GENEROUS:?}, came: {}",
                came.escape_ascii()
            );
            stream.set_timeout(left);
            match stream.read(&mut part) {
                Ok(0) => return came,
                Ok(length) => came.extend_from_slice(&part[..length]),
                Err(error) if stream::is_timeout(&error) => {}
                Err(_) => return came,
            }
        }
    }

    /// Writes bytes to a new connection; returns the first line that the peer sends. Nothing more
    /// is sent, so a peer that waits for more misses the deadline.
    #[track_caller]
    pub fn first_line(&self, bytes: impl AsRef<[u8]>) -> String {
        let mut stream = self.stream();
        stream.set_timeout(GENEROUS);
        stream.write_all(bytes.as_ref()).expect("the bytes are sent");
        let mut line = String::new();
        BufReader::new(stream).read_line(&mut line).expect("a line comes");
        line.trim_end().to_owned()
    }
}
