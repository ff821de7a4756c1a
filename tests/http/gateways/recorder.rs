//! A recorder between a gateway and the service: passes every byte on and keeps the requests.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

pub(super) struct Recorder {
    port: u16,
    /// The bytes of each connection.
    connections: Arc<Mutex<Vec<Vec<u8>>>>,
}

/// A request as the gateway has sent it.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) method: String,
    pub(super) target: String,
    /// Names in lower case.
    headers: Vec<(String, String)>,
}

impl Asked {
    /// The values of a header.
    pub(super) fn all(&self, name: &str) -> Vec<&str> {
        let named = self.headers.iter().filter(|(given, _)| given == name);
        named.map(|(_, value)| value.as_str()).collect()
    }
}

impl Recorder {
    /// A recorder in front of a service at a port of 127.0.0.1.
    pub(super) fn before(to: u16) -> Recorder {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
        let recorder = Recorder {
            port: listener.local_addr().expect("an address").port(),
            connections: Arc::default(),
        };
        let connections = Arc::clone(&recorder.connections);
        // Ends with the test's process.
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let connections = Arc::clone(&connections);
                thread::spawn(move || pass(stream, to, &connections));
            }
        });
        recorder
    }

    pub(super) const fn port(&self) -> u16 {
        self.port
    }

    /// The requests to the service so far, one connection after the other. They have no bodies.
    pub(super) fn asked(&self) -> Vec<Asked> {
        let connections = self.connections.lock().unwrap_or_else(PoisonError::into_inner);
        let texts = connections
            .iter()
            .map(|bytes| String::from_utf8_lossy(bytes).into_owned());
        texts
            .flat_map(|text| text.split_terminator("\r\n\r\n").map(parsed).collect::<Vec<_>>())
            .collect()
    }

    /// Runs `act`; also returns the requests to the service during `act`.
    pub(super) fn asked_by<T>(&self, act: impl FnOnce() -> T) -> (T, Vec<Asked>) {
        self.connections
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .iter_mut()
            .for_each(Vec::clear);
        let outcome = act();
        (outcome, self.asked())
    }
}

fn parsed(head: &str) -> Asked {
    let mut lines = head.split("\r\n");
    let mut first = lines.next().unwrap_or_default().split(' ').map(str::to_owned);
    let (method, target) = (first.next().unwrap_or_default(), first.next().unwrap_or_default());
    let headers = lines.filter_map(|line| line.split_once(':'));
    let headers = headers.map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()));
    Asked {
        method,
        target,
        headers: headers.collect(),
    }
}

/// Passes bytes on until both sides have closed.
fn pass(gateway: TcpStream, port: u16, connections: &Arc<Mutex<Vec<Vec<u8>>>>) {
    let Ok(service) = TcpStream::connect(("127.0.0.1", port)) else {
        return;
    };
    let place = {
        let mut connections = connections.lock().unwrap_or_else(PoisonError::into_inner);
        connections.push(Vec::new());
        connections.len() - 1
    };
    let (Ok(from), Ok(to)) = (service.try_clone(), gateway.try_clone()) else {
        return;
    };
    let back = thread::spawn(move || copy(from, to, |_| {}));
    copy(gateway, service, |bytes| {
        connections.lock().unwrap_or_else(PoisonError::into_inner)[place].extend_from_slice(bytes);
    });
    let _ = back.join();
}

fn copy(mut from: TcpStream, mut to: TcpStream, mut each: impl FnMut(&[u8])) {
    let mut buffer = [0; 16 * 1024];
    while let Ok(length @ 1..) = from.read(&mut buffer) {
        each(&buffer[..length]);
        if to.write_all(&buffer[..length]).is_err() {
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Write);
}
