//! The report at the end: numbers, without tokens, ids or data.

use std::fmt::Write;
use std::time::Duration;

use crate::options::Options;

#[derive(Debug, Default)]
pub(crate) struct Report {
    pub(crate) seen: u64,
    pub(crate) copied: u64,
    pub(crate) updated: u64,
    pub(crate) unchanged: u64,
    pub(crate) kept: u64,
    pub(crate) gone: u64,
    pub(crate) timed_out: u64,
    pub(crate) not_affine: u64,
    pub(crate) broken: u64,
    pub(crate) blocked: u64,
    pub(crate) ended_meanwhile: u64,
    pub(crate) removed: u64,
    /// Sessions on the cluster that are not on the source and were not copied.
    pub(crate) made: u64,
    /// Not removed, because the session was in use or a key had another type.
    pub(crate) not_removed: u64,
    mirrored: bool,
    notices: Vec<String>,
    refused: bool,
}

impl Report {
    pub(crate) fn new(options: &Options) -> Self {
        Self {
            mirrored: options.mirror,
            ..Self::default()
        }
    }

    pub(crate) fn notice(&mut self, text: String) {
        self.notices.push(text);
    }

    /// Records that a part of the request was not done.
    pub(crate) fn refuse(&mut self, text: String) {
        self.refused = true;
        self.notices.push(text);
    }

    /// Whether something shows that sessions were used on the cluster.
    pub(crate) const fn cluster_was_used(&self) -> bool {
        self.kept + self.gone + self.made + self.not_removed > 0
    }

    /// Whether the whole request was done.
    pub(crate) const fn is_complete(&self) -> bool {
        !self.refused && self.blocked == 0 && self.not_removed == 0
    }

    pub(crate) fn text(&self, options: &Options, apps: &[&str], took: Duration) -> String {
        let lines = [
            ("seen", self.seen, "on the source", true),
            ("copied", self.copied, "new on the cluster", true),
            (
                "updated",
                self.updated,
                "changed on the source since they were copied",
                true,
            ),
            ("unchanged", self.unchanged, "", true),
            ("kept", self.kept, "used on the cluster: not overwritten", false),
            (
                "not revived",
                self.gone,
                "ended on the cluster: not brought back",
                false,
            ),
            ("timed out", self.timed_out, "not copied", true),
            (
                "not slot-affine",
                self.not_affine,
                "made by redis-sessions or SAVE, not copied: these users log in again",
                true,
            ),
            ("broken", self.broken, "not a readable session, not copied", true),
            (
                "already ended",
                self.ended_meanwhile,
                "listed on the source, but no longer there",
                false,
            ),
            (
                "blocked",
                self.blocked,
                "a key of another type is in the way on the cluster",
                false,
            ),
            (
                "removed",
                self.removed,
                "gone from the source, removed from the cluster",
                self.mirrored,
            ),
            (
                "not removed",
                self.not_removed,
                "in use on the cluster, or a key of another type is in the way",
                false,
            ),
        ];
        let mut text = format!(
            "{} {}, database {}, to the cluster of {}, apps: {}\n",
            if options.dry_run {
                "Nothing was written. This would copy from"
            } else {
                "Copied from"
            },
            options.from.address,
            options.database,
            options.to.address,
            apps.join(", ")
        );
        for (name, count, meaning, always) in lines {
            if always || count > 0 {
                let line = format!("  {name:<15} {count:>9}  {meaning}");
                text.push_str(line.trim_end());
                text.push('\n');
            }
        }
        // Writing to a string does not fail.
        let _ = writeln!(text, "  {:<15} {:>9.1}", "seconds", took.as_secs_f64());
        for notice in &self.notices {
            text.push_str(notice);
            text.push('\n');
        }
        text
    }
}
