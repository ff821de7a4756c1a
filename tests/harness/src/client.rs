//! A client that takes any bytes and returns a `Reply`; its last commands are printed when
//! the test fails.

use crate::reply::Reply;
use redis::{Connection, ConnectionLike};
use std::collections::VecDeque;
use std::time::Duration;

/// How many commands a failing test shows.
const REMEMBERED: usize = 8;
/// How much of a long argument or reply is shown.
const SHOWN: usize = 300;

pub struct Client {
    connection: Connection,
    recent: VecDeque<(Vec<Vec<u8>>, Option<Reply>)>,
}

impl Client {
    /// Connects to a `redis::Client` address; `Err` says why it cannot.
    pub fn connect(address: &str) -> Result<Client, String> {
        let connection = redis::Client::open(address)
            .and_then(|client| client.get_connection())
            .map_err(|error| error.to_string())?;
        connection
            .set_read_timeout(Some(Duration::from_secs(120)))
            .map_err(|error| error.to_string())?;
        Ok(Client {
            connection,
            recent: VecDeque::new(),
        })
    }

    /// Sends one command and waits for its reply. Errors of the server are replies too; a lost
    /// connection fails the test.
    #[track_caller]
    pub fn run<A: AsRef<[u8]>>(&mut self, command: &[A]) -> Reply {
        match self.try_run(command) {
            Ok(reply) => reply,
            Err(error) => panic!("{error} at {}", shown(&owned(command))),
        }
    }

    /// Like `run`, for servers that may end: `Err` is the error of the connection.
    pub fn try_run<A: AsRef<[u8]>>(&mut self, command: &[A]) -> Result<Reply, String> {
        let packed = redis::pack_command(&owned(command));
        self.remember(command);
        let reply = self
            .connection
            .req_packed_command(&packed)
            .map(Reply::from)
            .map_err(|error| error.to_string())?;
        if let Some((_, answer)) = self.recent.back_mut() {
            *answer = Some(reply.clone());
        }
        Ok(reply)
    }

    /// Sends a command line split at blanks, for commands without blanks in an argument.
    #[track_caller]
    pub fn line(&mut self, command: &str) -> Reply {
        self.run(&command.split_whitespace().collect::<Vec<_>>())
    }

    /// Sends without waiting; `receive` returns the replies in order.
    #[track_caller]
    pub fn send<A: AsRef<[u8]>>(&mut self, command: &[A]) {
        self.remember(command);
        self.connection
            .send_packed_command(&redis::pack_command(&owned(command)))
            .unwrap_or_else(|error| panic!("{error} at {}", shown(&owned(command))));
    }

    /// The next reply, or the next message of a subscription.
    #[track_caller]
    pub fn receive(&mut self) -> Reply {
        self.receive_within(Duration::from_secs(120))
            .expect("a reply or message comes")
    }

    /// The next reply or message if one arrives in time; after `None` the client can no longer be
    /// used.
    pub fn receive_within(&mut self, time: Duration) -> Option<Reply> {
        let _ = self.connection.set_read_timeout(Some(time));
        let reply = self.connection.recv_response().ok().map(Reply::from);
        let _ = self.connection.set_read_timeout(Some(Duration::from_secs(120)));
        reply
    }

    fn remember<A: AsRef<[u8]>>(&mut self, command: &[A]) {
        if self.recent.len() == REMEMBERED {
            self.recent.pop_front();
        }
        self.recent.push_back((owned(command), None));
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        if std::thread::panicking() {
            for (command, reply) in &self.recent {
                let reply = reply.as_ref().map(|reply| format!("{reply:?}"));
                let reply = reply.unwrap_or_else(|| "(sent)".into());
                let cut: String = reply.chars().take(SHOWN).collect();
                eprintln!("> {}\n  {cut}", shown(command));
            }
        }
    }
}

fn owned<A: AsRef<[u8]>>(command: &[A]) -> Vec<Vec<u8>> {
    command.iter().map(|arg| arg.as_ref().to_vec()).collect()
}

fn shown(command: &[Vec<u8>]) -> String {
    let args: Vec<String> = command
        .iter()
        .map(|arg| {
            let cut = &arg[..arg.len().min(SHOWN)];
            let text = match std::str::from_utf8(cut) {
                Ok(text) if !text.contains(|c: char| c.is_control() || c == ' ') => text.to_owned(),
                Ok(text) => format!("{text:?}"),
                Err(_) => format!("\"{}\"", cut.escape_ascii()),
            };
            match arg.len() - cut.len() {
                0 => text,
                more => format!("{text}…(+{more} bytes)"),
            }
        })
        .collect();
    args.join(" ")
}
