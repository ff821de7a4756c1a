//! `sessions-http health`: checks whether the running service responds, for containers and scripts.
//!
//! The probe finds the service with the same configuration. It prefers a Unix socket, then an
//! address without TLS, then an address with TLS, where the certificate must be the configured one.

use std::io::{self, Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::time::Duration;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, ClientConfig, ClientConnection, DigitallySignedStruct, SignatureScheme, StreamOwned};

use crate::config::{Listen, Settings, Tls};

/// The checked property.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Question {
    /// Whether the service runs.
    Lives,
    /// Whether it can serve, which requires Redis.
    IsReady,
}

const TIME: Duration = Duration::from_secs(5);

/// `Err`: why the service does not run or is not ready.
pub fn ask(settings: &Settings, question: Question) -> Result<(), String> {
    let is_socket = |listen: &&Listen| matches!(listen, Listen::Socket(_));
    let listen = settings.listen.iter().find(is_socket).or(settings.listen.first());
    let listen = listen.ok_or("the service has no listener")?;
    let asked = match (listen, &settings.tls) {
        (Listen::Socket(path), _) => UnixStream::connect(path).and_then(|stream| {
            stream.set_read_timeout(Some(TIME))?;
            exchange(stream, question)
        }),
        (Listen::Address(address), None) => connect(*address).and_then(|stream| exchange(stream, question)),
        (Listen::Address(_), Some(tls)) if tls.asks_clients => {
            return Err(
                "add a Unix socket to listen: the service requires a client certificate at its addresses".into(),
            );
        }
        (Listen::Address(address), Some(tls)) => connect(*address)
            .and_then(|stream| encrypted(stream, tls))
            .and_then(|stream| exchange(stream, question)),
    };
    let status = asked.map_err(|error| format!("{listen}: {error}"))?;
    if status.starts_with("HTTP/1.1 200 ") {
        Ok(())
    } else {
        Err(format!("{listen}: {status}"))
    }
}

/// If the service listens on every address, the request uses the loopback interface.
fn connect(mut address: SocketAddr) -> io::Result<TcpStream> {
    if address.ip().is_unspecified() {
        address.set_ip(match address {
            SocketAddr::V4(_) => IpAddr::V4(Ipv4Addr::LOCALHOST),
            SocketAddr::V6(_) => IpAddr::V6(Ipv6Addr::LOCALHOST),
        });
    }
    let stream = TcpStream::connect_timeout(&address, TIME)?;
    stream.set_read_timeout(Some(TIME))?;
    Ok(stream)
}

fn encrypted(stream: TcpStream, tls: &Tls) -> io::Result<StreamOwned<ClientConnection, TcpStream>> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider.clone())
        .with_safe_default_protocol_versions()
        .map_err(io::Error::other)?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Pinned {
            certificate: tls.certificate.clone(),
            provider,
        }))
        .with_no_client_auth();
    let name = ServerName::try_from("localhost").map_err(io::Error::other)?;
    let connection = ClientConnection::new(Arc::new(config), name).map_err(io::Error::other)?;
    Ok(StreamOwned::new(connection, stream))
}

/// The first line of the response.
fn exchange(mut stream: impl Read + Write, question: Question) -> io::Result<String> {
    let path = match question {
        Question::Lives => "/livez",
        Question::IsReady => "/readyz",
    };
    stream.write_all(format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").as_bytes())?;
    let mut response = Vec::new();
    // A peer that closes the connection without ending TLS has still sent its response.
    if let Err(error) = stream.take(4096).read_to_end(&mut response)
        && response.is_empty()
    {
        return Err(error);
    }
    let line = response.split(|&b| b == b'\r').next().unwrap_or_default();
    Ok(String::from_utf8_lossy(line).into_owned())
}

/// Accepts only the certificate of the configuration, whose names need not include this
/// machine.
#[derive(Debug)]
struct Pinned {
    certificate: CertificateDer<'static>,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for Pinned {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        if *end_entity == self.certificate {
            Ok(ServerCertVerified::assertion())
        } else {
            Err(CertificateError::ApplicationVerificationFailure.into())
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signed, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signed, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
