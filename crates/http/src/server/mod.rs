//! How the service starts, listens and ends.
//!
//! - [`listener`]: an address that is served; [`patience`]: its connections; [`door`]: the
//!   properties of a listener;
//!   [`peer`]: the sender of a request.
//! - [`host`]: names and origins; [`limits`]: the number of requests in progress; [`observe`]: a
//!   log line and the metrics of each request; [`metrics`]: their exposition.
//! - [`signals`]: reloading the configuration, and stopping.

pub mod door;
mod host;
mod limits;
mod listener;
pub mod metrics;
mod observe;
mod patience;
pub mod peer;
mod signals;

use std::path::PathBuf;
use std::time::Duration;

use axum::extract::{self, Request};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum_server::Control;
use axum_server::tls_rustls::RustlsConfig;

use crate::config::{Listen, Overrides, Settings};
use crate::routes::{Face, admin, router};
use crate::state::State;
use door::Door;
use limits::Slots;
use listener::Terms;
use observe::Observed;

/// How long requests in progress may take when the service stops.
const ENDING: Duration = Duration::from_secs(10);

/// Where the settings come from, to read them again at SIGHUP.
pub struct Source {
    pub path: Option<PathBuf>,
    pub overrides: Overrides,
}

/// Serves until SIGTERM or SIGINT.
pub async fn run(settings: Settings, source: Source) -> Result<(), String> {
    // Each idle connection takes a file descriptor.
    let _ = rlimit::increase_nofile_limit(u64::MAX);
    metrics::install()?;
    // All listeners or none: if one were missing, only its clients would notice.
    let mut bound = Vec::new();
    for (listen, face) in listening(&settings) {
        bound.push((listener::bind(&listen, &settings)?, listen, face));
    }
    let state = State::new(settings).map_err(|failure| format!("redis: {failure:?}"))?;
    let terms = Terms {
        control: Control::new(),
        tls: state
            .settings
            .tls
            .as_ref()
            .map(|tls| RustlsConfig::from_config(tls.config.clone())),
        patience: state.settings.limits.time(),
    };
    metrics::watch(terms.control.clone());
    signals::reload_at_hangup(state.clone(), source, terms.tls.clone());
    signals::end_at_termination(terms.control.clone(), ENDING);
    // Otherwise the first requests would fail, because there is no connection yet.
    state.store.tried().await;
    admin::measure(state.clone());
    let slots = Slots::new(state.settings.limits.requests);
    let mut serving = Vec::new();
    for (bound, listen, face) in bound {
        let door = Door::new(&listen, face, &state.settings);
        let entrance = Entrance {
            state: state.clone(),
            slots: slots.clone(),
            door,
        };
        let router = router(face, &state).layer(from_fn_with_state(entrance, enter));
        tracing::info!(%listen, serves = ?face, "listening");
        serving.push(tokio::spawn(listener::serve(bound, router, terms.clone())));
    }
    for server in serving {
        server
            .await
            .map_err(|error| error.to_string())?
            .map_err(|error| error.to_string())?;
    }
    tracing::info!("ended");
    Ok(())
}

fn listening(settings: &Settings) -> Vec<(Listen, Face)> {
    let main = settings.listen.iter().cloned().map(|listen| (listen, Face::Main));
    let legacy = settings.legacy.iter().cloned().map(|listen| (listen, Face::Legacy));
    let metrics = settings.metrics.iter().cloned().map(|listen| (listen, Face::Metrics));
    main.chain(legacy).chain(metrics).collect()
}

/// The checks that each request of a listener passes.
#[derive(Clone)]
struct Entrance {
    state: State,
    slots: Slots,
    door: Door,
}

/// The layer around every route of a listener. There is only one, because each layer costs every
/// request at least one allocation.
async fn enter(extract::State(entrance): extract::State<Entrance>, mut request: Request, next: Next) -> Response {
    let observed = Observed::of(&mut request, &entrance.state.settings);
    let mut response = match entrance.slots.take(request.uri().path()) {
        Err(problem) => problem.into_response(),
        Ok(_permit) => match host::refusal(&request, &entrance.door) {
            Some(problem) => problem.into_response(),
            None => {
                request.extensions_mut().insert(entrance.door);
                next.run(request).await
            }
        },
    };
    observed.end(&mut response);
    response
}
