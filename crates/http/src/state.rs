//! What every request needs: the settings, the keys, the sessions.

use std::collections::BTreeMap;
use std::sync::Arc;

use arc_swap::ArcSwap;

use crate::config::{Access, GatewayApp, Settings};
use crate::routes::admin::Measurements;
use crate::store::{Failure, Store};

/// Cheap to clone.
#[derive(Clone)]
pub struct State(Arc<Shared>);

pub struct Shared {
    /// What the service has started with.
    pub settings: Settings,
    /// Read again at SIGHUP, as [`apps`](Self::apps) is.
    pub access: ArcSwap<Access>,
    /// The apps that gateways may ask about.
    pub apps: ArcSwap<BTreeMap<String, GatewayApp>>,
    pub store: Store,
    /// What the admin page generates its plots from.
    pub measurements: Measurements,
}

impl State {
    pub fn new(settings: Settings) -> Result<Self, Failure> {
        let store = Store::open(&settings.redis)?;
        let access = ArcSwap::from_pointee(settings.access.clone());
        let apps = ArcSwap::from_pointee(settings.apps.clone());
        Ok(Self(Arc::new(Shared {
            settings,
            access,
            apps,
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
