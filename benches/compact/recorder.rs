//! A connection that records what was sent.
//!
//! An operation of a layout reads, decides and writes, so its commands can't be sent in a pipeline.
//! The recorder sends the operations one after the other to a first server and records their
//! commands, then sends these in a pipeline to a second server, whose CPU time is measured. In the
//! end both servers have the same data, which is compared.

use std::mem;

use crate::client::{Client, Operation, Reply, operation};

pub(crate) struct Recorder {
    client: Client,
    /// Writes whose replies have not been read yet.
    pending: Vec<Operation>,
    current: Operation,
    writes: usize,
    recorded: Recording,
}

#[derive(Default)]
pub(crate) struct Recording {
    pub(crate) operations: Vec<Operation>,
    /// How many operations write more than once. A server sends the writes of such an operation to
    /// replicas between MULTI and EXEC.
    pub(crate) transactions: usize,
}

impl Recorder {
    pub(crate) fn new(client: Client) -> Self {
        Self {
            client,
            pending: Vec::new(),
            current: Operation::new(),
            writes: 0,
            recorded: Recording::default(),
        }
    }

    pub(crate) fn read(&mut self, words: &[&[u8]]) -> Reply {
        self.record(words);
        self.pending.push(operation(words));
        let together = mem::take(&mut self.pending);
        let mut replies = self.client.ask(&together, together.len());
        let reply = replies.pop().unwrap();
        for reply in replies.iter().chain([&reply]) {
            assert!(!matches!(reply, Reply::Error(_)), "{reply:?}");
        }
        reply
    }

    pub(crate) fn write(&mut self, words: &[&[u8]]) {
        self.record(words);
        self.writes += 1;
        self.pending.push(operation(words));
        if self.pending.len() == 64 {
            self.flush();
        }
    }

    fn record(&mut self, words: &[&[u8]]) {
        self.current = mem::replace(&mut self.current, Operation::new()).and(words);
    }

    /// Ends an operation.
    pub(crate) fn end(&mut self) {
        let operation = mem::replace(&mut self.current, Operation::new());
        self.recorded.operations.push(operation);
        self.recorded.transactions += usize::from(self.writes > 1);
        self.writes = 0;
    }

    pub(crate) fn flush(&mut self) {
        self.client.run(&mem::take(&mut self.pending), 64);
    }

    /// What was recorded since the last call. All of it has been executed.
    pub(crate) fn take(&mut self) -> Recording {
        self.flush();
        assert_eq!(self.writes, 0, "an operation has not ended");
        mem::take(&mut self.recorded)
    }
}

/// The bytes of a reply; `None` for null.
pub(crate) fn bytes(reply: Reply) -> Option<Vec<u8>> {
    match reply {
        Reply::Text(bytes) => Some(bytes),
        Reply::Integer(number) => Some(number.to_string().into_bytes()),
        _ => None,
    }
}

pub(crate) fn list(reply: Reply) -> Vec<Option<Vec<u8>>> {
    match reply {
        Reply::Array(elements) => elements.into_iter().map(bytes).collect(),
        _ => Vec::new(),
    }
}

pub(crate) fn number(reply: &Reply) -> u64 {
    match reply {
        Reply::Integer(number) => u64::try_from(*number).unwrap(),
        Reply::Text(text) => String::from_utf8_lossy(text).parse().unwrap(),
        _ => 0,
    }
}
