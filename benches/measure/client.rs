//! A small client that sends prepared commands and skips the replies without parsing them, so that
//! it keeps up with the server, which has a core of its own.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::net::UnixStream;
use std::path::Path;

/// Commands that are sent together, and the number of their replies.
pub(crate) struct Operation {
    bytes: Vec<u8>,
    replies: usize,
}

impl Operation {
    pub(crate) fn new() -> Self {
        Self {
            bytes: Vec::with_capacity(256),
            replies: 0,
        }
    }

    /// Adds a command.
    pub(crate) fn and(mut self, words: &[&[u8]]) -> Self {
        write!(self.bytes, "*{}\r\n", words.len()).unwrap();
        for word in words {
            write!(self.bytes, "${}\r\n", word.len()).unwrap();
            self.bytes.extend_from_slice(word);
            self.bytes.extend_from_slice(b"\r\n");
        }
        self.replies += 1;
        self
    }

    /// Adds the commands of another operation.
    pub(crate) fn then(mut self, other: &Self) -> Self {
        self.bytes.extend_from_slice(&other.bytes);
        self.replies += other.replies;
        self
    }

    pub(crate) fn commands(&self) -> usize {
        self.replies
    }
}

pub(crate) fn operation(words: &[&[u8]]) -> Operation {
    Operation::new().and(words)
}

#[derive(Debug)]
pub(crate) enum Reply {
    Null,
    Integer(i64),
    Text(Vec<u8>),
    Error(#[allow(dead_code, reason = "shown when a run fails")] String),
    Array(Vec<Reply>),
}

impl Reply {
    pub(crate) fn text(self) -> String {
        match self {
            Self::Text(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
            other => panic!("not a text: {other:?}"),
        }
    }
}

trait Stream: Read + Write + Send {}

impl<S: Read + Write + Send> Stream for S {}

pub(crate) struct Client {
    stream: Box<dyn Stream>,
    buffer: Vec<u8>,
    read: usize,
    end: usize,
}

impl Client {
    pub(crate) fn connect(socket: &Path) -> std::io::Result<Self> {
        Ok(Self::over(UnixStream::connect(socket)?))
    }

    /// Over TCP, as a web server on another machine connects.
    pub(crate) fn connect_to_port(port: u16) -> std::io::Result<Self> {
        let stream = TcpStream::connect(("127.0.0.1", port))?;
        stream.set_nodelay(true)?;
        Ok(Self::over(stream))
    }

    fn over(stream: impl Read + Write + Send + 'static) -> Self {
        Self {
            stream: Box::new(stream),
            buffer: vec![0; 1 << 16],
            read: 0,
            end: 0,
        }
    }

    pub(crate) fn call(&mut self, words: &[&str]) -> Reply {
        let words: Vec<&[u8]> = words.iter().map(|word| word.as_bytes()).collect();
        self.stream.write_all(&operation(&words).bytes).unwrap();
        self.reply()
    }

    pub(crate) fn send_one(&mut self, operation: &Operation) {
        self.stream.write_all(&operation.bytes).unwrap();
    }

    pub(crate) fn skip_replies_of(&mut self, operation: &Operation) {
        for _ in 0..operation.replies {
            self.skip();
        }
    }

    fn send(&mut self, operations: &[Operation]) {
        let together: Vec<u8> = operations
            .iter()
            .flat_map(|operation| operation.bytes.iter().copied())
            .collect();
        self.stream.write_all(&together).unwrap();
    }

    fn skip_replies(&mut self, operations: &[Operation]) {
        for _ in 0..operations.iter().map(|operation| operation.replies).sum() {
            self.skip();
        }
    }

    /// Sends `depth` operations at a time and waits for their replies, none of which may be an
    /// error.
    pub(crate) fn run(&mut self, operations: &[Operation], depth: usize) {
        for batch in operations.chunks(depth) {
            self.send(batch);
            self.skip_replies(batch);
        }
    }

    /// The same, with the replies.
    pub(crate) fn ask(&mut self, operations: &[Operation], depth: usize) -> Vec<Reply> {
        let mut replies = Vec::with_capacity(operations.len());
        for batch in operations.chunks(depth) {
            self.send(batch);
            replies.extend((0..batch.len()).map(|_| self.reply()));
        }
        replies
    }

    fn skip(&mut self) {
        let mut left = 1_usize;
        while left > 0 {
            left -= 1;
            let (kind, length) = self.head();
            match kind {
                b'$' if length >= 0 => drop(self.take(length as usize + 2)),
                b'*' if length > 0 => left += length as usize,
                b'-' => panic!("the server returned an error"),
                _ => {}
            }
        }
    }

    pub(crate) fn reply(&mut self) -> Reply {
        let line = self.line();
        let rest = String::from_utf8_lossy(&line[1..]).into_owned();
        let number = rest.parse::<i64>().unwrap_or(0);
        match line[0] {
            b'$' | b'*' if number < 0 => Reply::Null,
            b'$' => {
                let mut text = self.take(number as usize + 2).to_vec();
                text.truncate(number as usize);
                Reply::Text(text)
            }
            b'*' => Reply::Array((0..number).map(|_| self.reply()).collect()),
            b':' => Reply::Integer(number),
            b'-' => Reply::Error(rest),
            _ => Reply::Text(rest.into_bytes()),
        }
    }

    /// The first byte of a reply's line and the number after it; 0 if the line has no number.
    fn head(&mut self) -> (u8, i64) {
        let line = self.line();
        let digits = line[1..].strip_prefix(b"-").unwrap_or(&line[1..]);
        let mut number = 0_i64;
        for digit in digits {
            number = number
                .wrapping_mul(10)
                .wrapping_add(i64::from(digit.wrapping_sub(b'0')));
        }
        (line[0], if line.get(1) == Some(&b'-') { -number } else { number })
    }

    fn line(&mut self) -> Vec<u8> {
        loop {
            if let Some(length) = self.buffer[self.read..self.end].iter().position(|&b| b == b'\n') {
                let line = self.buffer[self.read..self.read + length - 1].to_vec();
                self.read += length + 1;
                return line;
            }
            self.fill();
        }
    }

    fn take(&mut self, length: usize) -> &[u8] {
        while self.end - self.read < length {
            self.fill();
        }
        self.read += length;
        &self.buffer[self.read - length..self.read]
    }

    fn fill(&mut self) {
        self.buffer.copy_within(self.read..self.end, 0);
        self.end -= self.read;
        self.read = 0;
        if self.end == self.buffer.len() {
            self.buffer.resize(self.end * 2, 0);
        }
        let count = self.stream.read(&mut self.buffer[self.end..]).unwrap();
        assert!(count > 0, "the server closed the connection");
        self.end += count;
    }
}

/// Repeatedly sends `depth` operations on each of several connections and waits for the replies, so
/// that the server always finds work on all connections, as with many clients.
pub(crate) fn run_wide(clients: &mut [Client], operations: &[Operation], depth: usize) {
    for wave in operations.chunks(depth * clients.len()) {
        clients
            .iter_mut()
            .zip(wave.chunks(depth))
            .for_each(|(client, batch)| client.send(batch));
        clients
            .iter_mut()
            .zip(wave.chunks(depth))
            .for_each(|(client, batch)| client.skip_replies(batch));
    }
}
