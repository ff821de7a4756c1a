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
    /// The settings at the start of the service.
    pub settings: Settings,
    /// Reloaded at SIGHUP, like [`apps`](Self::apps).
    pub access: ArcSwap<Access>,
    /// The apps that gateways may ask about.
    pub apps: ArcSwap<BTreeMap<String, GatewayApp>>,
    pub store: Store,
    /// The measurements for the plots of the admin page.
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
