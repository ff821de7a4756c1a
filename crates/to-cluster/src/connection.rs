//! One connection to a server. redis-rs connects, encrypts and speaks the protocol (RESP2).

use std::time::Duration;

use redis::RedisError;

use crate::failure::Failure;
use crate::login::{Address, Login};
use crate::reply::{Reply, Words, words};
use crate::tls;

const TO_CONNECT: Duration = Duration::from_secs(10);
const TO_ANSWER: Duration = Duration::from_secs(60);

pub(crate) struct Connection {
    pub(crate) address: Address,
    stream: redis::Connection,
}

impl Connection {
    /// Connects and logs in. The error says what is wrong with the address, the certificate or the
    /// password.
    pub(crate) fn open(address: &Address, login: &Login) -> Result<Self, Failure> {
        let failed = |error: RedisError| {
            let why = match error.is_timeout() {
                true if login.uses_tls() => "no reply; does this port use TLS?".to_owned(),
                true => "no reply".to_owned(),
                false => tls::reason(&error),
            };
            Failure::new(format!("no connection to {address}: {why}"))
        };
        let stream = login.client(address).and_then(|client| {
            let stream = client.get_connection_with_timeout(TO_CONNECT)?;
            stream.set_read_timeout(Some(TO_CONNECT))?;
            stream.set_write_timeout(Some(TO_ANSWER))?;
            Ok(stream)
        });
        let mut connection = Self {
            address: address.clone(),
            stream: stream.map_err(failed)?,
        };
        // redis-rs can log in by itself, but then it hides the server's error about the password.
        let mut commands = Vec::new();
        if let Some(password) = &login.password {
            let mut command = words("AUTH");
            command.extend(login.user.iter().map(|user| user.as_bytes().to_vec()));
            command.push(password.as_bytes().to_vec());
            commands.push(command);
        }
        commands.push(words("PING"));
        // The certificate is only checked when the first bytes are sent.
        let replies = connection.exchange(&commands).map_err(failed)?;
        if let Some(error) = replies.iter().find_map(Reply::error) {
            return Err(Failure::answered(address, error));
        }
        connection.stream.set_read_timeout(Some(TO_ANSWER)).map_err(failed)?;
        Ok(connection)
    }

    /// Sends a command and waits for its reply; an error reply is an error here.
    pub(crate) fn ask(&mut self, command: &Words) -> Result<Reply, Failure> {
        let replies = self.ask_all(std::slice::from_ref(command))?;
        match replies.into_iter().next() {
            Some(Reply::Error(error)) => Err(Failure::answered(&self.address, &error)),
            Some(reply) => Ok(reply),
            None => Err(Failure::new("no reply")),
        }
    }

    /// Sends commands together and waits for their replies.
    pub(crate) fn ask_all(&mut self, commands: &[Words]) -> Result<Vec<Reply>, Failure> {
        self.exchange(commands)
            .map_err(|error| Failure::new(format!("the connection to {} is lost: {error}", self.address)))
    }

    fn exchange(&mut self, commands: &[Words]) -> Result<Vec<Reply>, RedisError> {
        self.send(commands.iter())?;
        self.receive(commands.len())
    }

    pub(crate) fn send<'a>(&mut self, commands: impl Iterator<Item = &'a Words>) -> Result<(), RedisError> {
        let mut bytes = Vec::new();
        for command in commands {
            bytes.extend(redis::pack_command(command));
        }
        // redis-rs returns an error if there is nothing to send.
        if bytes.is_empty() {
            return Ok(());
        }
        self.stream.send_packed_command(&bytes)
    }

    /// As many replies as there were commands.
    pub(crate) fn receive(&mut self, count: usize) -> Result<Vec<Reply>, RedisError> {
        (0..count)
            .map(|_| self.stream.recv_response().map(Reply::from))
            .collect()
    }

    /// Checks that a server with the module uses the namespace of this run. A server without the
    /// module, or one that does not return the setting, is accepted.
    pub(crate) fn check_namespace(&mut self, namespace: &str) -> Result<(), Failure> {
        let replies = self.ask_all(&[words("CONFIG GET sessions.namespace")])?;
        let value = replies.first().and_then(Reply::list).and_then(|pair| pair.get(1));
        match value.and_then(Reply::text) {
            Some(found) if found != namespace.as_bytes() => Err(Failure::new(format!(
                "sessions.namespace of {} is {}, but this run is about {namespace}; see --namespace",
                self.address,
                String::from_utf8_lossy(found)
            ))),
            _ => Ok(()),
        }
    }
}
