//! A listener: its address is taken before any listener serves, so that a service that cannot have all of
//! its addresses serves at none.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::os::unix::fs::FileTypeExt;
use std::os::unix::net::{self, UnixListener, UnixStream};
use std::path::PathBuf;
use std::time::Duration;

use axum::Router;
use axum::extract::connect_info::Connected;
use axum_server::tls_rustls::{RustlsAcceptor, RustlsConfig};
use axum_server::{Address, Control, Handle, Server};
use tokio::io::{AsyncRead, AsyncWrite};

use super::peer::Peer;
use crate::config::Listen;

/// How long a client may take to send the head of a request.
const HEAD: Duration = Duration::from_secs(10);
/// Bytes of a request's head.
const HEAD_BYTES: usize = 32 * 1024;

/// A listener that does not serve yet.
pub(super) enum Bound {
    Address(Server<SocketAddr>),
    Socket(Server<net::SocketAddr>, PathBuf),
}

impl Bound {
    pub(super) fn to(listen: &Listen) -> Result<Self, String> {
        bind(listen).map_err(|error| format!("{listen}: {error}"))
    }

    /// Serves until the service ends. TLS is for addresses alone.
    pub(super) async fn serve(self, router: Router, tls: Option<RustlsConfig>, control: Control) -> io::Result<()> {
        match self {
            Self::Address(server) => accept(server, router, tls, control).await,
            Self::Socket(server, path) => {
                let outcome = accept(server, router, None, control).await;
                let _ = std::fs::remove_file(&path);
                outcome
            }
        }
    }
}

fn bind(listen: &Listen) -> io::Result<Bound> {
    match listen {
        Listen::Address(address) => Ok(Bound::Address(axum_server::from_tcp(TcpListener::bind(address)?)?)),
        Listen::Socket(path) => {
            // A socket that nobody listens on is left over from a service that was killed.
            let is_socket = path.symlink_metadata().is_ok_and(|file| file.file_type().is_socket());
            if is_socket && UnixStream::connect(path).is_err() {
                let _ = std::fs::remove_file(path);
            }
            let server = axum_server::from_unix(UnixListener::bind(path)?)?;
            Ok(Bound::Socket(server, path.clone()))
        }
    }
}

async fn accept<A>(server: Server<A>, router: Router, tls: Option<RustlsConfig>, control: Control) -> io::Result<()>
where
    A: Address + Send + Sync + 'static,
    A::Stream: AsyncRead + AsyncWrite + Unpin + Send,
    A::Listener: Send + Sync,
    Peer: Connected<A>,
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
