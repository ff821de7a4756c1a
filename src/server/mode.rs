//! Whether the server is a node of a cluster.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use redis_module::raw::REDISMODULE_CTX_FLAGS_CLUSTER;

use super::Context;

/// Whether the server is a node of a cluster, which never changes while it runs.
static ENABLED: AtomicBool = AtomicBool::new(false);

pub(super) fn register(context: Context<'_>) {
    ENABLED.store(context.flags() & REDISMODULE_CTX_FLAGS_CLUSTER != 0, Relaxed);
}

pub(super) fn is_cluster() -> bool {
    ENABLED.load(Relaxed)
}
