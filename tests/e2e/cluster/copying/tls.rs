//! TLS: which servers the tool trusts, and which certificate it presents.

use super::*;
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::thread;

/// An authority and the certificates that it has signed, in files.
struct Authority {
    folder: PathBuf,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    fn new(folder: &Path, name: &str) -> Authority {
        let folder = folder.join(name);
        fs::create_dir_all(&folder).unwrap();
        let key = KeyPair::generate().unwrap();
        let mut parameters = CertificateParams::new([]).unwrap();
        parameters.distinguished_name.push(DnType::CommonName, name);
        parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let certificate = parameters.self_signed(&key).unwrap();
        fs::write(folder.join("ca.crt"), certificate.pem()).unwrap();
        Authority {
            folder,
            issuer: Issuer::new(parameters, key),
        }
    }

    /// A certificate for a host name or address, in `NAME.crt` and `NAME.key`.
    fn sign(&self, name: &str, host: &str) {
        let key = KeyPair::generate().unwrap();
        let mut parameters = CertificateParams::new([host.to_owned()]).unwrap();
        // A certificate with the name of its authority would be taken for self-signed.
        parameters.distinguished_name.push(DnType::CommonName, host);
        let certificate = parameters.signed_by(&key, &self.issuer).unwrap();
        fs::write(self.folder.join(format!("{name}.crt")), certificate.pem()).unwrap();
        fs::write(self.folder.join(format!("{name}.key")), key.serialize_pem()).unwrap();
    }

    fn file(&self, name: &str) -> String {
        self.folder.join(name).display().to_string()
    }

    /// A server's settings: the server has this certificate and requires one of this authority from
    /// clients.
    fn settings(&self, builder: Builder, name: &str) -> Builder {
        builder
            .tcp()
            .line(format!("tls-port {}", free_port()))
            .line(format!("tls-ca-cert-file {}", self.file("ca.crt")))
            .line(format!("tls-cert-file {}", self.file(&format!("{name}.crt"))))
            .line(format!("tls-key-file {}", self.file(&format!("{name}.key"))))
            .line("tls-cluster yes")
    }
}

/// Whether the server supports TLS; otherwise the test is skipped.
fn has_tls() -> bool {
    let known = Server::builder()
        .without_module()
        .start()
        .client()
        .line("CONFIG GET tls-port");
    if known.list().is_empty() {
        skip("server-tls");
    }
    !known.list().is_empty()
}

fn by_tls(server: &Server) -> String {
    let reply = server.client().line("CONFIG GET tls-port");
    format!("rediss://127.0.0.1:{}", reply.list()[1].text())
}

#[test]
fn sessions_are_copied_over_tls_from_and_to_servers_that_require_certificates() {
    if !has_tls() {
        return;
    }
    let folder = Folder::new();
    let authority = Authority::new(folder.path(), "authority");
    authority.sign("server", "127.0.0.1");
    authority.sign("client", "copier");
    let source = authority.settings(Server::builder(), "server").start();
    let cluster = Cluster::start_with(2, 0, |builder| authority.settings(builder, "server"));
    create_many(&source, 0..300);
    let [ca, cert, key] = ["ca.crt", "client.crt", "client.key"].map(|name| authority.file(name));
    let shown = ["--cacert", &ca, "--cert", &cert, "--key", &key];
    let (from, to) = (by_tls(&source), by_tls(&cluster.nodes[0]));
    let said = tool(&[&shown[..], &[&from, &to]].concat(), &[]);
    assert!(said.success && said.err.is_empty(), "{said:?}");
    said.assert_counts(&[("copied", 300)]);
    assert_eq!(on_the_cluster(&cluster, "web"), on_the_source(&source, "web"));

    // TLS at one end only.
    let said = tool(&[&shown[..], &[&address(&source), &to]].concat(), &[]);
    said.assert_counts(&[("unchanged", 300)]);
    let plain = Cluster::start(1, 0);
    let said = tool(&[&shown[..], &[&from, &address(&plain.nodes[0])]].concat(), &[]);
    said.assert_counts(&[("copied", 300)]);

    // The servers require a certificate.
    let said = tool(&["--cacert", &ca, &from, &to], &[]);
    assert!(
        !said.success && said.err.contains("no connection to 127.0.0.1"),
        "{said:?}"
    );
}

#[test]
fn a_server_is_trusted_only_with_a_certificate_of_the_authority_for_its_host_name() {
    if !has_tls() {
        return;
    }
    let folder = Folder::new();
    let authority = Authority::new(folder.path(), "authority");
    let stranger = Authority::new(folder.path(), "stranger");
    authority.sign("server", "127.0.0.1");
    authority.sign("elsewhere", "elsewhere.example");
    let settings = |builder, name| authority.settings(builder, name).line("tls-auth-clients no");
    let source = settings(Server::builder(), "server").start();
    let misnamed = settings(Server::builder(), "elsewhere").start();
    let cluster = Cluster::start(1, 0);
    for server in [&source, &misnamed] {
        server.client().line("SESSIONS.CREATE web bob");
    }
    let to = address(&cluster.nodes[0]);
    let (from, other) = (by_tls(&source), by_tls(&misnamed));
    // A peer that replies, but not with TLS.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let no_tls = format!("rediss://{}", listener.local_addr().unwrap());
    thread::spawn(move || listener.accept().unwrap().0.write_all(b"-ERR what?\r\n").unwrap());
    let [ca, wrong] = [authority.file("ca.crt"), stranger.file("ca.crt")];
    for (arguments, wanted) in [
        (vec![from.as_str(), &to], "--cacert names the authority"),
        (vec!["--cacert", &wrong, &from, &to], "UnknownIssuer"),
        (vec!["--cacert", &wrong, "--any-hostname", &from, &to], "UnknownIssuer"),
        (vec!["--cacert", &ca, &other, &to], "--any-hostname accepts it"),
        (
            vec![
                "--cacert",
                &ca,
                &from.replace("rediss", "redis"),
                &to.replace("redis", "rediss"),
            ],
            "no connection to",
        ),
        (vec!["--cacert", &ca, &no_tls, &to], "does this port use TLS?"),
    ] {
        let said = tool(&arguments, &[]);
        assert!(!said.success && said.out.is_empty(), "{arguments:?}: {said:?}");
        assert!(said.err.contains(wanted), "{arguments:?}: {said:?}");
        assert_eq!(said.err.lines().count(), 1, "{said:?}");
    }
    for arguments in [
        vec!["--cacert", &ca, &from, &to],
        vec!["--cacert", &ca, "--any-hostname", &other, &to],
    ] {
        let said = tool(&arguments, &[]);
        assert!(said.success, "{said:?}");
        said.assert_counts(&[("copied", 1)]);
    }
    // A bundle of authorities works for the servers of both.
    let bundle = authority.folder.join("bundle.crt");
    let both = [&wrong, &ca].map(|file| fs::read_to_string(file).unwrap()).concat();
    fs::write(&bundle, both).unwrap();
    let said = tool(&["--cacert", &bundle.display().to_string(), &from, &to], &[]);
    said.assert_counts(&[("unchanged", 1)]);
}

#[test]
fn the_options_of_tls_are_checked_before_any_connection() {
    let folder = Folder::new();
    let authority = Authority::new(folder.path(), "authority");
    authority.sign("client", "copier");
    let [ca, cert, key, missing] = ["ca.crt", "client.crt", "client.key", "missing"].map(|name| authority.file(name));
    let (from, to) = ("rediss://127.0.0.1:1", "rediss://127.0.0.1:1");
    for (arguments, wanted) in [
        (vec!["--cert", cert.as_str(), from, to], "--cert requires --key"),
        (vec!["--key", &key, from, to], "--key requires --cert"),
        (vec!["--any-hostname", from, to], "--any-hostname requires --cacert"),
        (vec!["--cacert", &missing, from, to], "--cacert: No such file"),
        (
            vec!["--cacert", &key, from, to],
            "--cacert: the file has no CERTIFICATE",
        ),
        (
            vec!["--cert", &cert, "--key", &ca, from, to],
            "--key: the file has no PRIVATE KEY",
        ),
        (
            vec!["--cacert", &ca, "redis://127.0.0.1:1", "redis://127.0.0.1:1"],
            "begins with rediss://",
        ),
        (vec!["--cacert"], "--cacert requires a value"),
        // redis-rs would switch off the check of the certificate.
        (vec!["rediss://127.0.0.1:1/#insecure", to], "an address is redis://"),
    ] {
        let said = tool(&arguments, &[]);
        assert!(!said.success && said.out.is_empty(), "{arguments:?}: {said:?}");
        assert!(said.err.contains(wanted), "{arguments:?}: {said:?}");
        assert_eq!(said.err.lines().count(), 1, "{said:?}");
    }
}
