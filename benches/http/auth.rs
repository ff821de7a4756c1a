//! `auth_request` of nginx: asks the service, or a second nginx on a Unix socket that returns 200,
//! in front of the same backend.

use std::fs;
use std::path::Path;

use sessions_harness::{Endpoint, Folder, Service, free_port};

use crate::Effort;
use crate::compared::Sessions;
use crate::load::{Load, Target};
use crate::process::{Process, pin, wait_for_port, wait_for_socket};

/// No process is pinned: a request wakes four processes one after another.
const CPUS: &str = "0-1";

/// The backend of nginx.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Backend {
    /// A third nginx that returns two bytes, the least work that a backend can do.
    Least,
    /// A program that takes 5 ms, like a typical page of a site.
    Page,
}

impl Backend {
    const fn socket(self) -> &'static str {
        match self {
            Self::Least => "least",
            Self::Page => "page",
        }
    }

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Least => "a backend that returns two bytes at once",
            Self::Page => "a backend that takes 5 ms",
        }
    }
}

const CASES: [(Backend, usize); 3] = [(Backend::Least, 1), (Backend::Least, 16), (Backend::Page, 16)];

/// Waits 5 ms, then returns two bytes.
const PAGE: &str =
    "require('http').createServer((_, response) => setTimeout(() => response.end('ok'), 5)).listen(process.argv[1])";

pub(crate) struct Auth {
    pub(crate) backend: Backend,
    pub(crate) connections: usize,
    pub(crate) nginx: Vec<Load>,
    pub(crate) service: Vec<Load>,
}

pub(crate) fn measure(sessions: &Sessions, effort: &Effort) -> Vec<Auth> {
    let folder = Folder::new();
    let dir = folder.path();
    let service = Service::builder()
        .redis(&sessions.server)
        .no_auth()
        .listen_unix()
        .config("[apps.webapp]\ncookie = \"sid\"\n")
        .start();
    pin(service.id(), CPUS);
    pin(redis_id(sessions), CPUS);
    let socket = |name: &str| format!("unix:{}/{name}", dir.display());
    let least = format!("server {{ listen {}; return 200 ok; }}", socket("least"));
    let second = format!("server {{ listen {}; return 200; }}", socket("asked"));
    let _others = [nginx(dir, "backend", &least), nginx(dir, "second", &second)];
    let _page = Process::start(CPUS, "node", |node| {
        node.args(["-e", PAGE]).arg(dir.join("page"));
    });
    for name in ["least", "page", "asked"] {
        wait_for_socket(&dir.join(name));
    }
    let asked = [dir.join("asked"), service.dir().join("socket")];
    let measured = CASES.map(|(backend, connections)| {
        let gates = [0, 1].map(|which| Gate::open(dir, &asked[which], backend));
        let unknown = Endpoint::at_port(gates[1].target.port).get("/page").send();
        assert_eq!(
            unknown.status(),
            401,
            "the gate is closed without a session: {unknown:?}"
        );
        let mut loads = [Vec::new(), Vec::new()];
        for gate in &gates {
            gate.target.load(&sessions.tokens(), connections, effort.warm_up);
        }
        for round in 0..effort.rounds {
            for turn in 0..2 {
                let which = (round + turn) % 2;
                let load = gates[which]
                    .target
                    .load(&sessions.tokens(), connections, effort.seconds);
                eprintln!("auth, {}, {connections}, {which}: {load:?}", backend.name());
                loads[which].push(load);
            }
        }
        let [nginx, service] = loads;
        Auth {
            backend,
            connections,
            nginx,
            service,
        }
    });
    pin(redis_id(sessions), "1");
    measured.into()
}

/// An nginx that asks about each request before it passes the request on.
struct Gate {
    target: Target,
    _process: Process,
}

impl Gate {
    fn open(dir: &Path, asked: &Path, backend: Backend) -> Self {
        let port = free_port();
        let process = nginx(dir, &format!("gate-{port}"), &front(dir, asked, backend, port));
        wait_for_port(port);
        let target = Target {
            port,
            path: "/page",
            headers: vec!["Cookie: sid=TOKEN".into()],
        };
        Self {
            target,
            _process: process,
        }
    }
}

/// An nginx that asks at `socket` about each request before it passes the request to the backend.
fn front(dir: &Path, socket: &Path, backend: Backend, port: u16) -> String {
    format!(
        "upstream asked {{ server unix:{socket}; keepalive 32; }}\n\
         upstream backend {{ server unix:{dir}/{backend}; keepalive 32; }}\n\
         server {{\n\
         listen 127.0.0.1:{port};\n\
         proxy_http_version 1.1;\nproxy_set_header Connection \"\";\n\
         location / {{ auth_request /asked; auth_request_set $user $upstream_http_x_session_user;\n\
         proxy_set_header X-Session-User $user; proxy_set_header Connection \"\"; proxy_pass http://backend; }}\n\
         location = /asked {{ internal; proxy_pass http://asked/auth/webapp; proxy_pass_request_body off;\n\
         proxy_set_header Content-Length \"\"; proxy_set_header Connection \"\"; proxy_set_header Host localhost; }}\n}}",
        socket = socket.display(),
        dir = dir.display(),
        backend = backend.socket(),
    )
}

/// An nginx with one worker, running as the user of the service's socket, without an access log.
fn nginx(dir: &Path, name: &str, servers: &str) -> Process {
    let file = dir.join(format!("{name}.conf"));
    let dir = dir.display();
    let text = format!(
        "user root;\nworker_processes 1;\ndaemon off;\npid {dir}/{name}.pid;\nerror_log {dir}/{name}.log warn;\n\
         events {{ worker_connections 1024; }}\n\
         http {{\naccess_log off;\nkeepalive_requests 100000000;\nclient_body_temp_path {dir}/{name}-body;\n\
         proxy_temp_path {dir}/{name}-proxy;\nfastcgi_temp_path {dir}/{name}-f;\nuwsgi_temp_path {dir}/{name}-u;\n\
         scgi_temp_path {dir}/{name}-s;\n{servers}\n}}\n"
    );
    fs::write(&file, text).unwrap();
    Process::start(CPUS, "nginx", |nginx| {
        nginx.arg("-c").arg(&file).arg("-e").arg(file.with_extension("log"));
    })
}

fn redis_id(sessions: &Sessions) -> u32 {
    let info = sessions.server.info("process_id");
    info.parse().unwrap()
}
