//! `/v1`: one file per group of routes. Every response is checked against the OpenAPI document.

mod app;
mod cluster;
mod create;
mod denied;
mod described;
mod document;
mod page;
mod rotate;
mod session;
mod trouble;
mod user;
mod values;
mod write;

use crate::harness::*;
use document::Document;
use serde_json::Value;

/// The app of the tests; in a cluster each test has its own app.
const APP: &str = "webapp";

/// A service, its Redis, and a key that may do everything.
struct Site {
    service: Service,
    endpoint: Endpoint,
    document: Document,
    app: String,
    redis: Redis,
}

enum Redis {
    Server(Server),
    Cluster(Cluster),
}

impl Site {
    fn start() -> Site {
        Site::with(Server::start())
    }

    fn with(server: Server) -> Site {
        let builder = Service::builder().redis(&server);
        Site::on(builder, Redis::Server(server))
    }

    fn cluster() -> Site {
        let cluster = Cluster::start(3, 0);
        let builder = Service::builder().cluster(&cluster);
        Site::on(builder, Redis::Cluster(cluster))
    }

    fn on(builder: ServiceBuilder, redis: Redis) -> Site {
        let service = builder.key("ops", &["*"], &["read", "write", "admin"]).start();
        Site {
            endpoint: service.as_key(service.key("ops")),
            document: Document::of(&service),
            app: APP.into(),
            service,
            redis,
        }
    }

    /// The single server.
    fn server(&self) -> &Server {
        match &self.redis {
            Redis::Server(server) => server,
            Redis::Cluster(_) => panic!("the site has a cluster"),
        }
    }

    fn in_cluster(&self) -> &Cluster {
        match &self.redis {
            Redis::Server(_) => panic!("the site has a single server"),
            Redis::Cluster(cluster) => cluster,
        }
    }

    /// A request to a route of the app, such as `/session`.
    fn call(&self, method: &str, route: &str) -> Call<'_> {
        self.call_at(method, &format!("/v1/apps/{}{route}", self.app))
    }

    fn call_at(&self, method: &str, target: &str) -> Call<'_> {
        Call {
            document: &self.document,
            method: method.into(),
            target: target.into(),
            request: self.endpoint.request(method, target),
        }
    }

    /// Creates a session with these members; returns its token.
    #[track_caller]
    fn create(&self, members: &Value) -> String {
        let made = self.call("POST", "/sessions").json(members).gives(201);
        let token = made["token"].as_str().expect("a token");
        assert!(is_token(token), "{token:?} is not a token");
        assert_eq!(made["sid"], sid_of(token));
        token.to_owned()
    }

    /// The session, read without a use; `None`: there is none.
    #[track_caller]
    fn peek(&self, token: &str) -> Option<Value> {
        let response = self.call("GET", "/session?peek").token(token).send();
        (response.status() != 404).then(|| response.assert_status(200).json())
    }
}

/// A request whose response is checked against the document.
struct Call<'a> {
    document: &'a Document,
    method: String,
    target: String,
    request: Request,
}

impl Call<'_> {
    fn header(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        self.request = self.request.header(name, value);
        self
    }

    fn token(mut self, token: &str) -> Self {
        self.request = self.request.token(token);
        self
    }

    fn json(mut self, body: &Value) -> Self {
        self.request = self.request.json(body);
        self
    }

    /// A body of JSON that the test has written itself.
    fn text(mut self, body: &str) -> Self {
        self.request = self.request.header("Content-Type", "application/json").body(body);
        self
    }

    fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.request = self.request.body(body);
        self
    }

    #[track_caller]
    fn send(&self) -> Response {
        let response = self.request.send();
        self.document.hold(&self.method, &self.target, &response);
        response
    }

    /// The body of a response with this status; null where it is empty.
    #[track_caller]
    fn gives(&self, status: u16) -> Value {
        let response = self.send();
        assert_eq!(response.status(), status, "{:?}\n{response:?}", self.request);
        if response.bytes().is_empty() {
            Value::Null
        } else {
            response.json()
        }
    }

    /// A problem, by its status, its name and its whole detail.
    #[track_caller]
    fn fails(&self, status: u16, name: &str, detail: &str) -> Response {
        let response = self.send();
        assert_eq!(response.status(), status, "{:?}\n{response:?}", self.request);
        assert_eq!(response.problem(), name, "{:?}", self.request);
        assert_eq!(response.json()["detail"], detail, "{:?}", self.request);
        response
    }

    /// 400 `invalid-argument`.
    #[track_caller]
    fn is_invalid(&self, detail: &str) {
        self.fails(400, "invalid-argument", detail);
    }

    /// 404 `no-session`.
    #[track_caller]
    fn finds_nothing(&self) {
        self.fails(404, "no-session", "no live session has this token");
    }
}

/// Members with one more.
fn and(members: &Value, name: &str, value: Value) -> Value {
    let mut members = members.clone();
    members[name] = value;
    members
}
