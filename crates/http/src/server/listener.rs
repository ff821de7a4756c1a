//! Listeners: TCP with and without TLS, and Unix sockets.

use std::io;
use std::net::SocketAddr;
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::os::unix::net::{SocketAddr as UnixAddr, UnixStream};
use std::path::{Path, PathBuf};
use std::time::Duration;

use axum::Router;
use axum_server::tls_rustls::{RustlsAcceptor, RustlsConfig};
use axum_server::{Address, Control, Handle, Server};
use tokio::net::{TcpListener, TcpSocket, UnixListener, UnixSocket};

use super::patience::Acceptor;
use super::peer::Peer;
use crate::config::{Listen, Settings};

/// The maximum size of a request's head in bytes.
const HEAD_BYTES: usize = 32 * 1024;
/// Connections that the system has accepted and the service has not; std's 128 are too few if all
/// workers of a gateway connect at once.
const BACKLOG: u32 = 4096;

/// A listener to which clients can connect already.
pub(super) enum Bound {
    Tcp(TcpListener),
    Unix(UnixListener, PathBuf),
}

/// What all listeners share.
#[derive(Clone)]
pub(super) struct Terms {
    pub(super) control: Control,
    pub(super) tls: Option<RustlsConfig>,
    /// How long the head of a request may take to arrive, how long a connection may be idle before
    /// it, and how long a client may read nothing of a response.
    pub(super) patience: Duration,
}

/// Must be called within the runtime.
pub(super) fn bind(listen: &Listen, settings: &Settings) -> Result<Bound, String> {
    let bound = match listen {
        Listen::Address(address) => tcp(*address).map(Bound::Tcp),
        Listen::Socket(path) => unix(path, settings.socket_mode).map(|listener| Bound::Unix(listener, path.clone())),
    };
    bound.map_err(|error| format!("{listen}: {error}"))
}

fn tcp(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = match address {
        SocketAddr::V4(_) => TcpSocket::new_v4(),
        SocketAddr::V6(_) => TcpSocket::new_v6(),
    }?;
    // Otherwise a restart would have to wait until the system has forgotten the connections of the
    // last process.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

fn unix(path: &Path, mode: Option<u32>) -> io::Result<UnixListener> {
    // A socket without a listener is left over from a service that was killed.
    let is_socket = std::fs::symlink_metadata(path).is_ok_and(|found| found.file_type().is_socket());
    if is_socket && UnixStream::connect(path).is_err_and(|error| error.kind() == io::ErrorKind::ConnectionRefused) {
        std::fs::remove_file(path)?;
    }
    let socket = UnixSocket::new_stream()?;
    socket.bind(path)?;
    if let Some(mode) = mode {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode))?;
    }
    socket.listen(BACKLOG)
}

/// Serves until the control stops it and the requests in progress have ended.
pub(super) async fn serve(bound: Bound, router: Router, terms: Terms) -> io::Result<()> {
    let acceptor = Acceptor { limit: terms.patience };
    match bound {
        Bound::Tcp(listener) => {
            let server = begun(Server::<SocketAddr>::from_listener(listener), &terms);
            let service = router.into_make_service_with_connect_info::<Peer>();
            match terms.tls {
                Some(tls) => {
                    let acceptor = RustlsAcceptor::new(tls)
                        .handshake_timeout(terms.patience)
                        .acceptor(acceptor);
                    server.acceptor(acceptor).serve(service).await
                }
                None => server.acceptor(acceptor).serve(service).await,
            }
        }
        Bound::Unix(listener, path) => {
            let server = begun(Server::<UnixAddr>::from_listener(listener), &terms);
            let service = router.into_make_service_with_connect_info::<Peer>();
            let outcome = server.acceptor(acceptor).serve(service).await;
            let _ = std::fs::remove_file(&path);
            outcome
        }
    }
}

fn begun<A: Address + std::fmt::Debug + 'static>(server: Server<A>, terms: &Terms) -> Server<A> {
    let mut server = server
        .handle(Handle::with_control(terms.control.clone()))
        .http1_only()
        .first_request_timeout(terms.patience)
        .accept_error_handler(|peer: Option<&A>, error| match peer {
            Some(_) => tracing::debug!(%error, "cannot complete a connection"),
            None => tracing::warn!(%error, "cannot accept connections"),
        });
    server
        .http_builder()
        .http1()
        .header_read_timeout(terms.patience)
        .max_buf_size(HEAD_BYTES);
    server
}
