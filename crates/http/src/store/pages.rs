//! Lists by page. In a cluster each primary has a part of an app: a page is merged from the first
//! sessions of each, so its cost grows with the offset.

use redis::{ToRedisArgs, Value};

use super::command::Command;
use super::failure::Failure;
use super::session::Session;
use super::{Store, text};

/// The largest offset of a page.
pub const MAX_OFFSET: usize = 10_000;
/// The largest page.
pub const MAX_COUNT: usize = 500;

/// Which part of a list.
#[derive(Clone, Copy, Debug)]
pub struct Page {
    pub offset: usize,
    pub count: usize,
}

/// What the module shows of each session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown {
    WithData,
    WithoutData,
}

impl Store {
    /// An app's sessions that were used within the last `dt` seconds (0: ever), most recently used first.
    pub async fn sessions(
        &self,
        app: &str,
        dt: impl ToRedisArgs,
        page: Page,
        shown: Shown,
    ) -> Result<Vec<Session>, Failure> {
        let command = Command::everywhere("SESSIONS.SOAPP", app).arg(dt);
        let mut found = Vec::new();
        for reply in self.parts(command, page, shown).await? {
            found.extend(sessions(reply)?);
        }
        Ok(self.cut(found, page, |session| session.idle))
    }

    /// The live sessions of an id, most recently used first. An id is in one slot, so in one node.
    pub async fn sessions_of(&self, command: Command, page: Page, shown: Shown) -> Result<Vec<Session>, Failure> {
        let reply = self
            .send(limited(command, page.offset, page.count, shown).arg("JSON").slow())
            .await?;
        sessions(reply)
    }

    /// Ids that were active within the last `dt` seconds. The order is exact on a single server; a cluster
    /// takes turns between its nodes, which do not say when an id was active.
    pub async fn users(&self, app: &str, dt: impl ToRedisArgs, page: Page) -> Result<Vec<String>, Failure> {
        let (offset, count) = self.reach(page);
        let command = Command::everywhere("SESSIONS.USERS", app)
            .arg(dt)
            .arg("LIMIT")
            .arg(offset)
            .arg(count)
            .slow();
        let mut parts: Vec<_> = self
            .send_each(command)
            .await?
            .into_iter()
            .map(ids)
            .collect::<Result<Vec<_>, _>>()?;
        if let [one] = parts.as_mut_slice() {
            return Ok(if self.is_cluster() {
                one.split_off(page.offset.min(one.len()))
            } else {
                std::mem::take(one)
            });
        }
        let longest = parts.iter().map(Vec::len).max().unwrap_or_default();
        let turns = (0..longest).flat_map(|turn| parts.iter().filter_map(move |part| part.get(turn)));
        Ok(turns.skip(page.offset).take(page.count).cloned().collect())
    }

    async fn parts(&self, command: Command, page: Page, shown: Shown) -> Result<Vec<Value>, Failure> {
        let (offset, count) = self.reach(page);
        self.send_each(limited(command, offset, count, shown).arg("JSON").slow())
            .await
    }

    /// Offset and count that each node is asked for.
    fn reach(&self, page: Page) -> (usize, usize) {
        if self.is_cluster() {
            (0, page.offset + page.count)
        } else {
            (page.offset, page.count)
        }
    }

    fn cut<T>(&self, mut found: Vec<T>, page: Page, idle: impl Fn(&T) -> i64) -> Vec<T> {
        if !self.is_cluster() {
            return found;
        }
        found.sort_by_key(idle);
        found.into_iter().skip(page.offset).take(page.count).collect()
    }
}

fn limited(command: Command, offset: usize, count: usize, shown: Shown) -> Command {
    let command = command.arg("LIMIT").arg(offset).arg(count);
    match shown {
        Shown::WithData => command,
        Shown::WithoutData => command.arg("NODATA"),
    }
}

fn sessions(reply: Value) -> Result<Vec<Session>, Failure> {
    let json = text(reply)?.ok_or(Failure::Unexpected)?;
    serde_json::from_slice(&json).map_err(|_| Failure::Unexpected)
}

fn ids(reply: Value) -> Result<Vec<String>, Failure> {
    let Value::Array(ids) = reply else {
        return Err(Failure::Unexpected);
    };
    let shown = |id: Value| {
        text(id)?
            .map(|id| String::from_utf8_lossy(&id).into_owned())
            .ok_or(Failure::Unexpected)
    };
    ids.into_iter().map(shown).collect()
}
