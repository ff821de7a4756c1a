//! SIGHUP reloads keys, certificates and the apps of gateways; SIGTERM and SIGINT stop the service.

use std::sync::Arc;
use std::time::Duration;

use axum_server::Control;
use axum_server::tls_rustls::RustlsConfig;
use tokio::signal::unix::{Signal, SignalKind, signal};

use super::Source;
use crate::config::{Settings, Tls};
use crate::state::State;

/// Changes of other settings require a restart. An invalid configuration changes nothing.
pub(super) fn reload_at_hangup(state: State, source: Source, certificates: Option<RustlsConfig>) {
    let Some(mut hangups) = listen(SignalKind::hangup()) else {
        return;
    };
    let known = Arc::new((state, source, certificates));
    tokio::spawn(async move {
        while hangups.recv().await.is_some() {
            let known = known.clone();
            // Requests must not wait for a slow disk.
            let reading = tokio::task::spawn_blocking(move || reload(&known.0, &known.1, known.2.as_ref()));
            match reading.await.unwrap_or_else(|error| Err(error.to_string())) {
                Ok(()) => tracing::info!("reloaded keys, certificates and apps"),
                Err(error) => tracing::error!(%error, "the configuration was not reloaded"),
            }
        }
    });
}

fn reload(state: &State, source: &Source, certificates: Option<&RustlsConfig>) -> Result<(), String> {
    let settings = Settings::read(source.path.as_deref(), &source.overrides).map_err(|trouble| trouble.to_string())?;
    if settings.access.is_open() != state.settings.access.is_open() {
        return Err("no-auth has changed, which requires a restart".into());
    }
    // Whether the listeners require client certificates stays as it was at the start.
    let asks = |tls: &Option<Tls>| tls.as_ref().map(|tls| tls.asks_clients);
    if asks(&settings.tls) != asks(&state.settings.tls) {
        return Err("[tls] or its client-ca was added or removed, which requires a restart".into());
    }
    if let (Some(tls), Some(certificates)) = (settings.tls, certificates) {
        certificates.reload_from_config(tls.config);
    }
    state.access.store(Arc::new(settings.access));
    state.apps.store(Arc::new(settings.apps));
    Ok(())
}

pub(super) fn end_at_termination(control: Control, limit: Duration) {
    for kind in [SignalKind::terminate(), SignalKind::interrupt()] {
        let Some(mut signals) = listen(kind) else { continue };
        let control = control.clone();
        tokio::spawn(async move {
            if signals.recv().await.is_some() {
                tracing::info!(
                    "shutting down: no new connections, requests in progress have {} s",
                    limit.as_secs()
                );
                control.graceful_shutdown(Some(limit));
            }
        });
    }
}

fn listen(kind: SignalKind) -> Option<Signal> {
    signal(kind)
        .inspect_err(|error| tracing::error!(%error, "cannot install a signal handler"))
        .ok()
}
