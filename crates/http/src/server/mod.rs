//! How the service starts, listens and ends.
//!
//! - [`door`]: what a listener is to its requests; [`peer`]: whom a request comes from.
//! - [`host`]: names and origins; [`limits`]: how much at once; [`observe`]: a log line and the metrics
//!   of each request; [`metrics`]: their exposition; [`tls`]: certificates.

pub mod door;
mod host;
mod limits;
pub mod metrics;
mod observe;
pub mod peer;
mod signals;
mod tls;

use std::io;
use std::os::unix::net::UnixListener;
use std::path::PathBuf;
use std::time::Duration;

use axum::Router;
use axum::middleware::{from_fn, from_fn_with_state};
use axum_server::tls_rustls::{RustlsAcceptor, RustlsConfig};
use axum_server::{Address, Control, Handle, Server};

use crate::config::{Listen, Overrides, Settings};
use crate::routes::{Face, router};
use crate::state::State;
use door::Door;
use peer::Peer;

/// How long a client may take to send the head of a request.
const HEAD: Duration = Duration::from_secs(10);
/// How long requests under way may take to end when the service ends.
const ENDING: Duration = Duration::from_secs(10);
/// Bytes of a request's head.
const HEAD_BYTES: usize = 32 * 1024;

/// Where the settings come from, to read them again at SIGHUP.
pub struct Source {
    pub path: Option<PathBuf>,
    pub overrides: Overrides,
}

/// Serves until SIGTERM or SIGINT.
pub async fn run(settings: Settings, source: Source) -> Result<(), String> {
    // Idle connections hold a file descriptor each.
    let _ = rlimit::increase_nofile_limit(u64::MAX);
    metrics::install()?;
    let state = State::new(settings).map_err(|failure| format!("redis: {failure:?}"))?;
    let tls = match &state.settings.tls {
        Some(tls) => Some(RustlsConfig::from_config(tls::config(tls)?)),
        None => None,
    };
    let control = Control::new();
    metrics::watch(control.clone());
    let mut serving = Vec::new();
    for (listen, face) in listeners(&state.settings) {
        let door = Door::new(&listen, face, &state.settings);
        let router = layered(router(face, &state), &state, door);
        tracing::info!(listen = %shown(&listen), serves = ?face, "listening");
        serving.push(tokio::spawn(serve(listen, router, tls.clone(), control.clone())));
    }
    signals::reload_at_hangup(state.clone(), source, tls);
    signals::end_at_termination(control, ENDING);
    for server in serving {
        server
            .await
            .map_err(|error| error.to_string())?
            .map_err(|error| error.to_string())?;
    }
    tracing::info!("ended");
    Ok(())
}

fn listeners(settings: &Settings) -> Vec<(Listen, Face)> {
    let main = settings.listen.iter().cloned().map(|listen| (listen, Face::Main));
    let legacy = settings.legacy.iter().cloned().map(|listen| (listen, Face::Legacy));
    let metrics = settings.metrics.iter().cloned().map(|listen| (listen, Face::Metrics));
    main.chain(legacy).chain(metrics).collect()
}

/// Outermost last: a request meets the log line and the metrics first.
fn layered(router: Router, state: &State, door: Door) -> Router {
    router
        .layer(from_fn(host::check))
        .layer(from_fn_with_state(
            limits::Slots::new(state.settings.limits.requests),
            limits::shed,
        ))
        .layer(from_fn_with_state(state.clone(), observe::observe))
        .layer(axum::Extension(door))
}

async fn serve(listen: Listen, router: Router, tls: Option<RustlsConfig>, control: Control) -> io::Result<()> {
    match listen {
        Listen::Address(address) => {
            let server = axum_server::from_tcp(std::net::TcpListener::bind(address)?)?;
            accept(server, router, tls, control).await
        }
        Listen::Socket(path) => {
            // A socket that nobody listens on is left over from a service that was killed.
            if std::os::unix::net::UnixStream::connect(&path).is_err() {
                let _ = std::fs::remove_file(&path);
            }
            let server = axum_server::from_unix(UnixListener::bind(&path)?)?;
            let outcome = accept(server, router, None, control).await;
            let _ = std::fs::remove_file(&path);
            outcome
        }
    }
}

async fn accept<A>(server: Server<A>, router: Router, tls: Option<RustlsConfig>, control: Control) -> io::Result<()>
where
    A: Address + Send + Sync + 'static,
    A::Stream: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send,
    A::Listener: Send + Sync,
    Peer: axum::extract::connect_info::Connected<A>,
{
    let handle = Handle::with_control(control);
    let mut server = server.handle(handle).http1_only().first_request_timeout(HEAD);
    server
        .http_builder()
        .http1()
        .header_read_timeout(HEAD)
        .max_buf_size(HEAD_BYTES);
    let service = router.into_make_service_with_connect_info::<Peer>();
    match tls {
        Some(tls) => server.acceptor(RustlsAcceptor::new(tls)).serve(service).await,
        None => server.serve(service).await,
    }
}

fn shown(listen: &Listen) -> String {
    match listen {
        Listen::Address(address) => address.to_string(),
        Listen::Socket(path) => format!("unix:{}", path.display()),
    }
}
