//! A connection to a port or a Unix socket, for raw bytes.

use super::Address;
use std::io::{self, ErrorKind, Read, Write};
use std::net::TcpStream;
use std::os::unix::net::UnixStream;
use std::time::Duration;

#[derive(Debug)]
pub struct Stream(Kind);

#[derive(Debug)]
enum Kind {
    Tcp(TcpStream),
    Unix(UnixStream),
}

impl Stream {
    pub(super) fn open(address: &Address) -> io::Result<Stream> {
        Ok(Stream(match address {
            Address::Port(port) => Kind::Tcp(TcpStream::connect(("127.0.0.1", *port))?),
            Address::Socket(path) => Kind::Unix(UnixStream::connect(path)?),
        }))
    }

    /// Sets how long a read or a write may take; must be more than zero.
    pub fn set_timeout(&self, time: Duration) {
        let set = match &self.0 {
            Kind::Tcp(stream) => stream
                .set_read_timeout(Some(time))
                .and_then(|()| stream.set_write_timeout(Some(time))),
            Kind::Unix(stream) => stream
                .set_read_timeout(Some(time))
                .and_then(|()| stream.set_write_timeout(Some(time))),
        };
        set.expect("a socket accepts a timeout");
    }
}

/// Whether a read or write has timed out.
pub(super) fn is_timeout(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted
    )
}

impl Read for Stream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match &mut self.0 {
            Kind::Tcp(stream) => stream.read(buffer),
            Kind::Unix(stream) => stream.read(buffer),
        }
    }
}

impl Write for Stream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &mut self.0 {
            Kind::Tcp(stream) => stream.write(bytes),
            Kind::Unix(stream) => stream.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
