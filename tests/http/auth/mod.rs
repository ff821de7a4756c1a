//! `/auth/{app}`: the service's responses to a gateway.

mod admission;
mod cookies;
mod login;
mod shown;
mod trouble;
mod uses;

use crate::harness::{Client, Request, Response, Server, Service, create};

/// A server and a service that gateways ask about the app `webapp`, on loopback and without a key.
struct Asked {
    server: Server,
    service: Service,
}

impl Asked {
    /// `lines` are added to the table of the app, whose cookie is `sid`.
    fn about(lines: &str) -> Asked {
        let server = Server::start();
        let service = Service::builder()
            .redis(&server)
            .key("ops", &["*"], &["read"])
            .config(&format!("[apps.webapp]\ncookie = \"sid\"\n{lines}"))
            .start();
        Asked { server, service }
    }

    fn client(&self) -> Client {
        self.server.client()
    }

    fn ask(&self) -> Request {
        self.service.get("/auth/webapp")
    }

    /// The response to a gateway about a visitor with these cookies.
    fn told_of(&self, cookies: &str) -> Response {
        self.ask().header("Cookie", cookies).send()
    }
}

/// A session of `ann`.
fn session_of_ann(client: &mut Client) -> String {
    create(client, "webapp", "ann", &[])
}

/// A cookie header with the token.
fn sid(token: &str) -> String {
    format!("sid={token}")
}

/// Checks that this is the response for a visitor without a session, with nothing else in it.
#[track_caller]
fn assert_unknown(response: Response) {
    let response = response.assert_status(401);
    assert_eq!(response.header("www-authenticate"), Some("Bearer"));
    assert_eq!(response.header("cache-control"), Some("no-store"));
    assert_eq!(response.header("x-session-user"), None);
    assert!(response.bytes().is_empty(), "{response:?}");
}

#[track_caller]
fn assert_ann(response: Response) {
    let response = response.assert_status(200);
    assert_eq!(response.header("x-session-user"), Some("ann"));
}
