//! A connection that carries requests one after another.

use super::{Address, Endpoint, Request, Response};
use crate::wait::GENEROUS;
use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, UnixStream};
use tokio::runtime::{self, Runtime};
use tokio::time::timeout;

pub struct Connection {
    runtime: Runtime,
    sender: SendRequest<Full<Bytes>>,
}

impl Connection {
    pub(super) fn open(endpoint: &Endpoint) -> Result<Connection, String> {
        let runtime = runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime can be made");
        let sender = runtime.block_on(async {
            match &endpoint.address {
                Address::Port(port) => begun(TcpStream::connect(("127.0.0.1", *port)).await).await,
                Address::Socket(path) => begun(UnixStream::connect(path).await).await,
            }
        })?;
        Ok(Connection { runtime, sender })
    }

    /// Sends a request and waits for its response.
    #[track_caller]
    pub fn send(&mut self, request: &Request) -> Response {
        match self.try_send(request) {
            Ok(response) => response,
            Err(error) => panic!("{error} at {request:?}"),
        }
    }

    /// Like `send`, for servers that may end: `Err` is the error of the connection.
    pub fn try_send(&mut self, request: &Request) -> Result<Response, String> {
        let Connection { runtime, sender } = self;
        let exchange = async {
            sender.ready().await?;
            let (head, body) = sender.send_request(request.built()).await?.into_parts();
            let body = body.collect().await?.to_bytes();
            Ok(Response::new(head, body))
        };
        match runtime.block_on(async { timeout(GENEROUS, exchange).await }) {
            Ok(result) => result.map_err(|error: hyper::Error| error_text(&error)),
            Err(_) => Err(format!("no response within {GENEROUS:?}")),
        }
    }
}

async fn begun<S>(connected: std::io::Result<S>) -> Result<SendRequest<Full<Bytes>>, String>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let stream = connected.map_err(|error| error.to_string())?;
    let (sender, connection) = http1::handshake(TokioIo::new(stream))
        .await
        .map_err(|error| error_text(&error))?;
    tokio::spawn(connection);
    Ok(sender)
}

/// hyper's own text does not include the cause.
fn error_text(error: &hyper::Error) -> String {
    let cause = std::error::Error::source(error).map(|cause| format!(": {cause}"));
    format!("{error}{}", cause.unwrap_or_default())
}
