//! The lines that the page adds for a gateway on another machine than the service.

use super::{Gateway, Ports, Site, page, replaced};
use crate::authority::Authority;
use crate::harness::{Folder, Server, Service, create, free_port};
use std::fs;
use std::path::Path;

/// The service refuses the connection.
#[track_caller]
fn assert_not_told(site: &Site, token: &str) {
    let request = site.front.get("/forum/").header("Cookie", format!("sid={token}"));
    let status = request.send().status();
    assert!([500, 502].contains(&status), "{status}");
}

#[track_caller]
fn assert_told(site: &Site, token: &str) {
    for target in ["/", "/forum/"] {
        let request = site.front.get(target).header("Cookie", format!("sid={token}"));
        let seen = super::visitor::Seen::of(&request.send());
        assert_eq!(seen.text("user"), "ann");
    }
}

#[test]
fn a_gateway_with_a_key_gets_the_user() {
    for gateway in Gateway::ALL {
        let server = Server::start();
        let port = free_port();
        let service = Service::builder()
            .redis(&server)
            .listen_also(&format!("0.0.0.0:{port}"))
            .key("gateway", &["webapp"], &["read"])
            .key("sites", &["webapp"], &["read", "write"])
            .config(&page::app())
            .start();
        let token = create(&mut server.client(), "webapp", "ann", &[]);
        let key = service.key("gateway").text.clone();
        let ports = Ports {
            asked: port,
            store: service.port(),
        };
        let (before, line) = match gateway {
            Gateway::Nginx => ("internal;", format!("proxy_set_header Sessions-Key {key};")),
            Gateway::Caddy => ("uri /auth/webapp?login", format!("header_up Sessions-Key {key}")),
        };
        let site = Site::around(gateway, server, service, ports, |text| {
            replaced(&text, before, &format!("{before}\n{line}"))
        });
        let Some(site) = site else { continue };
        assert_told(&site, &token);
    }
}

#[test]
fn a_gateway_with_a_certificate_gets_the_user() {
    for gateway in Gateway::ALL {
        for with_certificate in [true, false] {
            let folder = Folder::new();
            certificates(folder.path());
            let file = |name: &str| folder.path().join(name).display().to_string();
            let server = Server::start();
            let port = free_port();
            // Every port requires a certificate, so the test's own requests use a Unix socket.
            let tls = format!(
                "[tls]\ncertificate = {:?}\nkey = {:?}\nclient-ca = {:?}\n",
                file("server.crt"),
                file("server.key"),
                file("ca.crt")
            );
            let service = Service::builder()
                .redis(&server)
                .listen_unix()
                .listen_also(&format!("0.0.0.0:{port}"))
                .key("sites", &["webapp"], &["read", "write"])
                .config(&(page::app() + &tls))
                .start();
            let token = create(&mut server.client(), "webapp", "ann", &[]);
            let ports = Ports {
                asked: port,
                store: port,
            };
            let (certificate, key, authority) = (file("client.crt"), file("client.key"), file("ca.crt"));
            let site = Site::around(gateway, server, service, ports, |text| match gateway {
                Gateway::Nginx => {
                    let shown =
                        format!("internal;\nproxy_ssl_certificate {certificate};\nproxy_ssl_certificate_key {key};");
                    let text = replaced(&text, "http://sessions-http", "https://sessions-http");
                    if with_certificate {
                        replaced(&text, "internal;", &shown)
                    } else {
                        text
                    }
                }
                Gateway::Caddy => {
                    let shown = if with_certificate {
                        format!("tls_client_auth {certificate} {key}")
                    } else {
                        String::new()
                    };
                    let uri = "uri /auth/webapp?login";
                    let transport = format!("{uri}\ntransport http {{\ntls_trusted_ca_certs {authority}\n{shown}\n}}");
                    let text = replaced(&text, "forward_auth 127.0.0.1", "forward_auth https://127.0.0.1");
                    replaced(&text, uri, &transport)
                }
            });
            let Some(site) = site else { continue };
            if with_certificate {
                assert_told(&site, &token);
            } else {
                assert_not_told(&site, &token);
            }
        }
    }
}

/// `ca.crt`, and `server` and `client` signed by it.
fn certificates(folder: &Path) {
    let authority = Authority::new("authority");
    fs::write(folder.join("ca.crt"), authority.pem()).unwrap();
    for (name, host) in [("server", "127.0.0.1"), ("client", "gateway")] {
        let (certificate, key) = authority.signs(host);
        fs::write(folder.join(format!("{name}.crt")), certificate).unwrap();
        fs::write(folder.join(format!("{name}.key")), key).unwrap();
    }
}
