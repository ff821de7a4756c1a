//! A session as the module stores it, created by the module or written by plain commands.

use crate::client::{Client, Operation, Reply, operation};

#[derive(Clone, Copy)]
pub(crate) struct Shape {
    /// Bytes of data as JSON.
    pub(crate) data: usize,
    /// Bytes of the id; 0: anonymous.
    pub(crate) id: usize,
    pub(crate) token: usize,
    pub(crate) user_agent: usize,
}

impl Shape {
    pub(crate) const fn with_data(data: usize) -> Self {
        Self {
            data,
            id: 10,
            token: 64,
            user_agent: 0,
        }
    }

    pub(crate) fn data(&self) -> Option<String> {
        let rest = self.data.checked_sub(r#"{"text":""}"#.len())?;
        Some(format!(r#"{{"text":"{}"}}"#, "x".repeat(rest)))
    }

    pub(crate) fn id(&self, number: usize) -> String {
        format!("u{number:0width$}", width = self.id - 1)
    }

    pub(crate) fn token(&self, number: usize) -> String {
        format!("t{number:0width$}", width = self.token - 1)
    }

    /// Field names with values, in the order in which the module writes them.
    pub(crate) fn fields(&self, number: usize) -> Vec<(&'static str, String)> {
        let now = "1790000000".to_owned();
        let user_agent = (self.user_agent > 0).then(|| ("ua", "u".repeat(self.user_agent)));
        self.data()
            .map(|data| ("d", data))
            .into_iter()
            .chain(user_agent)
            .chain([
                ("id", self.id(number)),
                ("r", "1".to_owned()),
                ("w", "1".to_owned()),
                ("ip", "127.0.0.1".to_owned()),
                ("la", now.clone()),
                ("ttl", "7200".to_owned()),
                ("created", now),
            ])
            .collect()
    }

    fn creation(&self, number: usize) -> Operation {
        let id = if self.id > 0 { self.id(number) } else { String::new() };
        let (data, user_agent) = (self.data(), "u".repeat(self.user_agent));
        let mut words: Vec<&[u8]> = vec![b"SESSIONS.CREATE", b"webapp", id.as_bytes(), b"IP", b"127.0.0.1"];
        if let Some(data) = &data {
            words.extend([&b"DATA"[..], data.as_bytes()]);
        }
        if self.user_agent > 0 {
            words.extend([&b"UA"[..], user_agent.as_bytes()]);
        }
        if self.id == 0 {
            words.push(b"ANON");
        }
        operation(&words)
    }

    /// Creates sessions with the module and returns their tokens.
    pub(crate) fn create(&self, client: &mut Client, count: usize) -> Vec<String> {
        self.create_each(client, &(0..count).collect::<Vec<_>>())
    }

    /// Creates sessions of the ids with these numbers and returns their tokens.
    pub(crate) fn create_each(&self, client: &mut Client, numbers: &[usize]) -> Vec<String> {
        let mut tokens = Vec::with_capacity(numbers.len());
        for numbers in numbers.chunks(10_000) {
            let operations: Vec<_> = numbers.iter().map(|&number| self.creation(number)).collect();
            tokens.extend(client.ask(&operations, 64).into_iter().map(Reply::text));
        }
        tokens
    }
}
