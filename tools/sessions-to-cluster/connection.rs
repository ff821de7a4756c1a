//! One connection to a server, in its plain protocol (RESP2).

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::time::Duration;

use crate::options::{Address, Login};
use crate::trouble::Trouble;

const TO_CONNECT: Duration = Duration::from_secs(10);
const TO_ANSWER: Duration = Duration::from_secs(60);
/// As long as a server's own strings can get.
const MAX_BULK: usize = 512 * 1024 * 1024;
const MAX_LINE: u64 = 64 * 1024;
/// No reply that is asked for here is nested more.
const MAX_DEPTH: usize = 8;

/// A command's words.
pub(crate) type Words = Vec<Vec<u8>>;

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Reply {
    Nil,
    Int(i64),
    Text(Vec<u8>),
    List(Vec<Reply>),
    Error(String),
}

impl Reply {
    pub(crate) fn text(&self) -> Option<&[u8]> {
        match self {
            Self::Text(bytes) => Some(bytes),
            _ => None,
        }
    }

    pub(crate) fn list(&self) -> Option<&[Reply]> {
        match self {
            Self::List(items) => Some(items),
            _ => None,
        }
    }

    pub(crate) fn number(&self) -> Option<i64> {
        match self {
            Self::Int(number) => Some(*number),
            Self::Text(bytes) => std::str::from_utf8(bytes).ok()?.parse().ok(),
            _ => None,
        }
    }

    pub(crate) fn error(&self) -> Option<&str> {
        match self {
            Self::Error(text) => Some(text),
            _ => None,
        }
    }
}

/// The words of a command line without blanks in an argument.
pub(crate) fn words(line: &str) -> Words {
    line.split(' ').map(|word| word.as_bytes().to_vec()).collect()
}

pub(crate) struct Connection {
    pub(crate) address: Address,
    stream: BufReader<TcpStream>,
}

impl Connection {
    /// Connects and logs in. The error says what is wrong with the address or the password.
    pub(crate) fn open(address: &Address, login: &Login) -> Result<Self, Trouble> {
        let stream = connect(address).map_err(|error| Trouble::new(format!("no connection to {address}: {error}")))?;
        let mut connection = Self {
            address: address.clone(),
            stream: BufReader::new(stream),
        };
        if let Some(password) = &login.password {
            let mut command = words("AUTH");
            command.extend(login.user.iter().map(|user| user.as_bytes().to_vec()));
            command.push(password.as_bytes().to_vec());
            connection.ask(&command)?;
        }
        connection.ask(&words("PING"))?;
        Ok(connection)
    }

    /// Sends a command and waits for its reply; an error reply is an error here.
    pub(crate) fn ask(&mut self, command: &Words) -> Result<Reply, Trouble> {
        let replies = self.ask_all(std::slice::from_ref(command))?;
        match replies.into_iter().next() {
            Some(Reply::Error(error)) => Err(Trouble::answered(&self.address, &error)),
            Some(reply) => Ok(reply),
            None => Err(Trouble::new("no reply")),
        }
    }

    /// Sends commands together and waits for their replies.
    pub(crate) fn ask_all(&mut self, commands: &[Words]) -> Result<Vec<Reply>, Trouble> {
        let replies = self.send(commands.iter()).and_then(|()| self.receive(commands.len()));
        replies.map_err(|error| Trouble::new(format!("the connection to {} is lost: {error}", self.address)))
    }

    pub(crate) fn send<'a>(&mut self, commands: impl Iterator<Item = &'a Words>) -> io::Result<()> {
        let mut bytes = Vec::new();
        for command in commands {
            write!(bytes, "*{}\r\n", command.len())?;
            for word in command {
                write!(bytes, "${}\r\n", word.len())?;
                bytes.extend_from_slice(word);
                bytes.extend_from_slice(b"\r\n");
            }
        }
        self.stream.get_mut().write_all(&bytes)
    }

    /// As many replies as there were commands.
    pub(crate) fn receive(&mut self, count: usize) -> io::Result<Vec<Reply>> {
        (0..count).map(|_| read_reply(&mut self.stream, MAX_DEPTH)).collect()
    }
}

fn connect(address: &Address) -> io::Result<TcpStream> {
    let mut last = io::Error::other("the name has no address");
    for place in (address.host.as_str(), address.port).to_socket_addrs()? {
        match TcpStream::connect_timeout(&place, TO_CONNECT) {
            Ok(stream) => {
                stream.set_nodelay(true)?;
                stream.set_read_timeout(Some(TO_ANSWER))?;
                stream.set_write_timeout(Some(TO_ANSWER))?;
                return Ok(stream);
            }
            Err(error) => last = error,
        }
    }
    Err(last)
}

fn read_reply(stream: &mut impl BufRead, depth: usize) -> io::Result<Reply> {
    let line = read_line(stream)?;
    let (kind, rest) = line.split_first().ok_or_else(nonsense)?;
    let text = || String::from_utf8_lossy(rest).into_owned();
    let number = || text().parse::<i64>().map_err(|_| nonsense());
    match kind {
        b'+' => Ok(Reply::Text(rest.to_vec())),
        b'-' => Ok(Reply::Error(text())),
        b':' => Ok(Reply::Int(number()?)),
        b'$' => match usize::try_from(number()?) {
            Ok(length) if length <= MAX_BULK => read_bulk(stream, length),
            Ok(_) => Err(nonsense()),
            Err(_) => Ok(Reply::Nil),
        },
        b'*' => match usize::try_from(number()?) {
            Ok(_) if depth == 0 => Err(nonsense()),
            Ok(length) => {
                let items = (0..length).map(|_| read_reply(stream, depth - 1));
                Ok(Reply::List(items.collect::<io::Result<_>>()?))
            }
            Err(_) => Ok(Reply::Nil),
        },
        _ => Err(nonsense()),
    }
}

fn read_line(stream: &mut impl BufRead) -> io::Result<Vec<u8>> {
    let mut line = Vec::new();
    stream.by_ref().take(MAX_LINE).read_until(b'\n', &mut line)?;
    match line.strip_suffix(b"\r\n") {
        Some(content) => {
            line.truncate(content.len());
            Ok(line)
        }
        None if line.is_empty() => Err(io::ErrorKind::UnexpectedEof.into()),
        None => Err(nonsense()),
    }
}

fn read_bulk(stream: &mut impl BufRead, length: usize) -> io::Result<Reply> {
    let mut bytes = Vec::new();
    stream.by_ref().take(length as u64 + 2).read_to_end(&mut bytes)?;
    if bytes.len() != length + 2 || !bytes.ends_with(b"\r\n") {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    bytes.truncate(length);
    Ok(Reply::Text(bytes))
}

fn nonsense() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "no Redis or Valkey server is there")
}
