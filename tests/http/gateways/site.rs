//! A whole site: Redis, the service, two sites behind it and a gateway in front.

use super::{Recorder, Visitor, page};
use crate::harness::{Endpoint, Program, Server, Service, free_port, installed, repository};
use std::fs;
use std::path::Path;
use std::process::Command;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Gateway {
    Nginx,
    Caddy,
}

impl Gateway {
    pub(super) const ALL: [Gateway; 2] = [Gateway::Nginx, Gateway::Caddy];

    /// The configuration as the page shows it.
    pub(super) fn configuration(self) -> &'static str {
        match self {
            Gateway::Nginx => "examples/gateways/nginx.conf",
            Gateway::Caddy => "examples/gateways/Caddyfile",
        }
    }
}

/// The ports of the service.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ports {
    /// For the gateway.
    pub(super) asked: u16,
    /// For the sites.
    pub(super) store: u16,
}

/// Fields are dropped from the first to the last, so the gateway ends before the servers behind it.
pub(super) struct Site {
    /// The address for visitors.
    pub(super) front: Endpoint,
    pub(super) recorder: Recorder,
    _programs: Vec<Program>,
    pub(super) service: Service,
    pub(super) server: Server,
}

impl Site {
    /// With the app as the page configures it. `None`: something that the site needs is not
    /// installed.
    #[track_caller]
    pub(super) fn behind(gateway: Gateway) -> Option<Site> {
        Site::with_app(gateway, &page::app())
    }

    /// With this table of the app.
    #[track_caller]
    pub(super) fn with_app(gateway: Gateway, app: &str) -> Option<Site> {
        let server = Server::start();
        let service = Service::builder()
            .redis(&server)
            .key("sites", &["webapp"], &["read", "write"])
            .config(app)
            .start();
        let ports = Ports {
            asked: service.port(),
            store: service.port(),
        };
        Site::around(gateway, server, service, ports, |text| text)
    }

    /// With the page's configuration after the changes of `edit`.
    #[track_caller]
    pub(super) fn around(
        gateway: Gateway,
        server: Server,
        service: Service,
        ports: Ports,
        edit: impl FnOnce(String) -> String,
    ) -> Option<Site> {
        let program = match gateway {
            Gateway::Nginx => installed(&["nginx"])?,
            Gateway::Caddy => installed(&["caddy"])?,
        };
        let (node, python) = (installed(&["node"])?, installed(&["python3"])?);
        let recorder = Recorder::before(ports.asked);
        let mut programs = Vec::new();
        let mut start = |interpreter: &Path, source: &str| {
            let port = free_port();
            let mut command = Command::new(interpreter);
            command
                .arg(repository("tests/http/gateways/sites").join(source))
                .env("PORT", port.to_string())
                .env("SESSIONS_URL", format!("http://127.0.0.1:{}", ports.store))
                .env("SESSIONS_KEY", &service.key("sites").text);
            programs.push(Program::start(command, port, service.dir()));
            port
        };
        let (shop, forum) = (start(&node, "shop.mjs"), start(&python, "forum.py"));

        let port = free_port();
        let addresses = [("8081", recorder.port()), ("3001", shop), ("3002", forum)];
        let text = fs::read_to_string(repository(gateway.configuration())).expect("the example is there");
        let text = addresses.iter().fold(edit(text), |text, (from, to)| {
            replaced(&text, &format!("127.0.0.1:{from}"), &format!("127.0.0.1:{to}"))
        });
        let command = match gateway {
            Gateway::Nginx => nginx(&program, port, &text, service.dir()),
            Gateway::Caddy => caddy(&program, port, &text, service.dir()),
        };
        programs.insert(0, Program::start(command, port, service.dir()));
        Some(Site {
            front: Endpoint::at_port(port),
            recorder,
            _programs: programs,
            service,
            server,
        })
    }

    pub(super) fn visitor(&self) -> Visitor {
        Visitor::at(&self.front)
    }

    /// A visitor who has logged in.
    #[track_caller]
    pub(super) fn visitor_as(&self, user: &str) -> Visitor {
        let mut visitor = self.visitor();
        visitor.log_in(user, "/").assert_status(303);
        visitor
    }
}

#[track_caller]
pub(crate) fn replaced(text: &str, from: &str, to: &str) -> String {
    assert!(text.contains(from), "no {from:?} in the example");
    text.replace(from, to)
}

/// nginx with a file for the http block, as Debian's packages include it, and the rest of its
/// configuration.
pub(crate) fn nginx(program: &Path, port: u16, site: &str, folder: &Path) -> Command {
    let folder = folder.join("nginx");
    fs::create_dir(&folder).expect("a folder");
    let site = replaced(site, "listen 80;", &format!("listen 127.0.0.1:{port};"));
    fs::write(folder.join("site.conf"), site).expect("the example is written");
    let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
    let temporary = temporary.map(|name| format!("{name}_temp_path {name};"));
    let around = format!(
        "daemon off;\nmaster_process off;\npid nginx.pid;\nerror_log stderr info;\nevents {{}}\n\
         http {{\naccess_log off;\n{}\ninclude site.conf;\n}}\n",
        temporary.join("\n")
    );
    fs::write(folder.join("nginx.conf"), around).expect("the configuration is written");
    let mut command = Command::new(program);
    command.args(["-e", "stderr", "-c", "nginx.conf", "-p"]).arg(folder);
    command
}

fn caddy(program: &Path, port: u16, site: &str, folder: &Path) -> Command {
    let folder = folder.join("caddy");
    fs::create_dir(&folder).expect("a folder");
    let site = replaced(site, "www.example.com {", &format!("http://127.0.0.1:{port} {{"));
    // Without Caddy's admin port, because another Caddy may run on this machine.
    fs::write(folder.join("Caddyfile"), format!("{{\n\tadmin off\n}}\n{site}")).expect("the configuration is written");
    let mut command = Command::new(program);
    command
        .args(["run", "--adapter", "caddyfile", "--config"])
        .arg(folder.join("Caddyfile"));
    for variable in ["HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME"] {
        command.env(variable, &folder);
    }
    command
}
