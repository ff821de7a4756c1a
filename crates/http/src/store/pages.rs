//! Lists by page. In a cluster each primary has a part of an app: a page is merged from the first
//! sessions of each primary, so its cost grows with the offset.

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

/// The parts of each session that the module returns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown {
    WithData,
    WithoutData,
}

impl Store {
    /// An app's sessions that were used within the last `dt` seconds (0: ever), most recently used
    /// first.
    pub async fn sessions(
        &self,
        app: &str,
        dt: impl ToRedisArgs,
        page: Page,
        shown: Shown,
    ) -> Result<Vec<Session>, Failure> {
        let reach = self.reach(page);
        let command = Command::everywhere("SESSIONS.SOAPP", app).arg(dt);
        let command = limited(command, reach.asked, shown).arg("JSON").slow();
        let mut found = Vec::new();
        for reply in self.send_each(command).await? {
            found.extend(sessions(reply)?);
        }
        // The order of a single server is kept, because SOAPP orders by its index.
        if self.is_cluster() {
            found.sort_by_key(|session| session.idle);
        }
        Ok(found.into_iter().skip(reach.before).take(page.count).collect())
    }

    /// The live sessions of an id, most recently used first. An id is in one slot, so in one node.
    pub async fn sessions_of(&self, command: Command, page: Page, shown: Shown) -> Result<Vec<Session>, Failure> {
        let reply = self.send(limited(command, page, shown).arg("JSON").slow()).await?;
        sessions(reply)
    }

    /// Ids that were active within the last `dt` seconds. The order is exact on a single server; in
    /// a cluster the nodes take turns, because they do not return when an id was active.
    pub async fn users(&self, app: &str, dt: impl ToRedisArgs, page: Page) -> Result<Vec<String>, Failure> {
        let reach = self.reach(page);
        let command = Command::everywhere("SESSIONS.USERS", app).arg(dt);
        let command = limited(command, reach.asked, Shown::WithData).slow();
        let parts = self.send_each(command).await?.into_iter().map(ids);
        let parts: Vec<_> = parts.collect::<Result<_, _>>()?;
        let longest = parts.iter().map(Vec::len).max().unwrap_or_default();
        let turns = (0..longest).flat_map(|turn| parts.iter().filter_map(move |part| part.get(turn)));
        Ok(turns.skip(reach.before).take(page.count).cloned().collect())
    }

    fn reach(&self, page: Page) -> Reach {
        if self.is_cluster() {
            let asked = Page {
                offset: 0,
                count: page.offset + page.count,
            };
            let before = page.offset;
            Reach { asked, before }
        } else {
            Reach { asked: page, before: 0 }
        }
    }
}

/// How a page is found.
struct Reach {
    /// The request to each node.
    asked: Page,
    /// How many of the items from all nodes come before the page.
    before: usize,
}

fn limited(command: Command, page: Page, shown: Shown) -> Command {
    let command = command.arg("LIMIT").arg(page.offset).arg(page.count);
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
