//! TLS: certificates of the service and of its clients, and new ones without a restart.

use super::statuses;
use crate::authority::Authority;
use crate::harness::{Folder, GENEROUS, Server, Service, ServiceBuilder, wait_until};
use crate::observed::health;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::sync::Arc;

/// The files that the configuration names.
fn write(folder: &Path, (certificate, key): &(String, String)) {
    fs::write(folder.join("certificate.pem"), certificate).unwrap();
    fs::write(folder.join("key.pem"), key).unwrap();
}

fn with_tls(server: &Server, folder: &Path, more: &str) -> ServiceBuilder {
    let path = |name: &str| folder.join(name).display().to_string();
    let (certificate, key) = (path("certificate.pem"), path("key.pem"));
    let table = format!("[tls]\ncertificate = {certificate:?}\nkey = {key:?}\n{more}\n");
    // The harness checks without TLS whether the service is up.
    Service::builder().redis(server).no_auth().listen_unix().config(&table)
}

/// The statuses that `GET /livez` returns to a client that trusts `authority` and may have its own
/// certificate. `Err`: there is no connection.
fn ask(port: u16, authority: &Authority, own: Option<&(String, String)>) -> Result<Vec<u16>, String> {
    let mut roots = RootCertStore::empty();
    let pem = authority.pem();
    roots
        .add(CertificateDer::from_pem_slice(pem.as_bytes()).unwrap())
        .unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots);
    let config = match own {
        None => builder.with_no_client_auth(),
        Some((certificate, key)) => {
            let certificate = CertificateDer::from_pem_slice(certificate.as_bytes()).unwrap();
            let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).unwrap();
            builder.with_client_auth_cert(vec![certificate], key).unwrap()
        }
    };
    let name = ServerName::try_from("localhost").unwrap();
    let connection = ClientConnection::new(Arc::new(config), name).unwrap();
    let tcp = TcpStream::connect(("127.0.0.1", port)).map_err(|error| error.to_string())?;
    tcp.set_read_timeout(Some(GENEROUS)).unwrap();
    let mut stream = StreamOwned::new(connection, tcp);
    let request = "GET /livez HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    stream
        .write_all(request.as_bytes())
        .map_err(|error| error.to_string())?;
    let mut came = Vec::new();
    match stream.read_to_end(&mut came) {
        Err(error) if came.is_empty() => Err(error.to_string()),
        _ => Ok(statuses(&came)),
    }
}

#[test]
fn it_serves_with_its_certificate_and_takes_a_new_one_without_a_restart() {
    let (server, folder) = (Server::start(), Folder::new());
    let [first, second] = ["first", "second"].map(Authority::new);
    write(folder.path(), &first.signs("localhost"));
    let port = crate::harness::free_port();
    let service = with_tls(&server, folder.path(), "")
        .listen_also(&format!("127.0.0.1:{port}"))
        .start();
    assert_eq!(ask(port, &first, None), Ok(vec![200]));
    ask(port, &second, None).expect_err("the certificate is of another authority");

    // A file that is not valid changes nothing.
    fs::write(folder.path().join("certificate.pem"), "no certificate").unwrap();
    service.signal("HUP");
    service.wait_until_logged("the configuration was not reloaded");
    assert_eq!(ask(port, &first, None), Ok(vec![200]));

    // Nor does a certificate with the key of another one.
    let new = second.signs("localhost");
    fs::write(folder.path().join("certificate.pem"), &new.0).unwrap();
    service.signal("HUP");
    wait_until(GENEROUS, "the refusal is logged", || {
        service.log().matches("the configuration was not reloaded").count() == 2
    });
    assert_eq!(ask(port, &first, None), Ok(vec![200]));

    write(folder.path(), &new);
    service.signal("HUP");
    wait_until(GENEROUS, "the new certificate is used", || {
        ask(port, &second, None) == Ok(vec![200])
    });
    ask(port, &first, None).expect_err("the old certificate is gone");
    // `sessions-http health` uses the Unix socket if there is one; otherwise it accepts only the
    // configured certificate.
    assert_eq!(health(&service, ""), Ok(()));
    let address = format!("127.0.0.1:{port}");
    assert_eq!(health(&service, &address), Ok(()));
    write(folder.path(), &first.signs("localhost"));
    health(&service, &address).expect_err("another certificate than the service has");
    // Requests without TLS are not served.
    let plain = crate::harness::Endpoint::at_port(port).raw("GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n");
    assert_eq!(statuses(&plain), [0_u16; 0]);
}

#[test]
fn with_a_client_authority_only_its_certificates_are_let_in() {
    let (server, folder) = (Server::start(), Folder::new());
    let [ours, clients, strangers] = ["ours", "clients", "strangers"].map(Authority::new);
    write(folder.path(), &ours.signs("localhost"));
    fs::write(folder.path().join("clients.pem"), clients.pem()).unwrap();
    let ca = format!("client-ca = {:?}", folder.path().join("clients.pem"));
    let port = crate::harness::free_port();
    let service = with_tls(&server, folder.path(), &ca)
        .listen_also(&format!("127.0.0.1:{port}"))
        .start();
    assert_eq!(ask(port, &ours, Some(&clients.signs("gateway"))), Ok(vec![200]));
    ask(port, &ours, None).expect_err("a client without a certificate");
    ask(port, &ours, Some(&strangers.signs("gateway"))).expect_err("a certificate of another authority");
    let asked = health(&service, &format!("127.0.0.1:{port}"));
    assert!(asked.is_err_and(|why| why.contains("add a Unix socket to listen")));
    // The Unix socket does not use TLS.
    service.get("/livez").send().assert_status(200);

    // The certificate replaces a key, so a reload must not let in clients without a certificate.
    service.set_config(&service.config().replace(&ca, ""));
    service.signal("HUP");
    service.wait_until_logged("its client-ca was added or removed, which requires a restart");
    ask(port, &ours, None).expect_err("a client without a certificate, after the reload");
}

#[test]
fn invalid_certificates_keep_the_service_from_starting() {
    let (server, folder) = (Server::start(), Folder::new());
    let authority = Authority::new("ours");
    let (one, other) = (authority.signs("localhost"), authority.signs("localhost"));
    for (certificate, key, expected) in [
        ("", one.1.as_str(), "certificate.pem"),
        ("rubbish", &one.1, "certificate.pem"),
        (&one.0, "", "key.pem"),
        (&one.0, &other.1, "certificate.pem"),
    ] {
        write(folder.path(), &(certificate.to_owned(), key.to_owned()));
        let log = with_tls(&server, folder.path(), "").refused();
        assert!(log.contains("tls: ") && log.contains(expected), "{expected}: {log}");
        assert!(!log.contains("PRIVATE"), "{log}");
    }
}
