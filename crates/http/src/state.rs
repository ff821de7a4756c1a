//! What every request needs: the settings, the keys, the sessions.

use std::sync::Arc;

use arc_swap::ArcSwap;

use crate::config::{Access, Settings};
use crate::routes::admin::Measurements;
use crate::store::{Failure, Store};

/// Cheap to clone.
#[derive(Clone)]
pub struct State(Arc<Shared>);

pub struct Shared {
    pub settings: Settings,
    /// Read again at SIGHUP; `settings.access` is what the service has started with.
    pub access: ArcSwap<Access>,
    pub store: Store,
    /// What the admin page draws its plots from.
    pub measurements: Measurements,
}

impl State {
    pub fn new(settings: Settings) -> Result<Self, Failure> {
        let store = Store::open(&settings.redis)?;
        let access = ArcSwap::from_pointee(settings.access.clone());
        Ok(Self(Arc::new(Shared {
            settings,
            access,
            store,
            measurements: Measurements::default(),
        })))
    }
}

impl std::ops::Deref for State {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}
