//! What a test sets before a service starts: its addresses, its Redis, its keys, lines of its
//! configuration.

use super::{Ended, Key, Service, Setup};
use crate::builder::free_port;
use crate::cluster::Cluster;
use crate::folder::Folder;
use crate::http::Endpoint;
use crate::server::Server;
use serde_json::json;
use std::{fs, iter};

/// The name of the configuration in the service's folder.
pub(super) const CONFIG: &str = "sessions-http.toml";

#[derive(Clone)]
pub struct ServiceBuilder {
    listen: Listen,
    /// Further addresses.
    more_listen: Vec<String>,
    /// The path that returns 200 when the service can be used.
    ready_at: &'static str,
    /// Lines of the table `redis`.
    redis: Vec<String>,
    /// Keys and values before the first table.
    top: Vec<String>,
    /// The tables.
    tables: Vec<String>,
    keys: Vec<Key>,
    environment: Vec<(String, String)>,
}

#[derive(Clone)]
enum Listen {
    FreePort,
    Socket,
}

impl ServiceBuilder {
    pub(super) const fn new() -> ServiceBuilder {
        ServiceBuilder {
            listen: Listen::FreePort,
            more_listen: Vec::new(),
            ready_at: "/livez",
            redis: Vec::new(),
            top: Vec::new(),
            tables: Vec::new(),
            keys: Vec::new(),
            environment: Vec::new(),
        }
    }

    /// A single server, by its Unix socket. `start` waits until the service is connected.
    pub fn redis(mut self, server: &Server) -> ServiceBuilder {
        self.ready_at = "/readyz";
        self.redis_url(&format!("unix://{}", server.socket().display()))
    }

    /// A server that may be away, by its address in the form of redis-rs.
    pub fn redis_url(self, url: &str) -> ServiceBuilder {
        self.redis_line(&format!("url = {}", json!(url)))
    }

    /// A cluster, by the ports of all its nodes. `start` waits until the service is connected.
    pub fn cluster(mut self, cluster: &Cluster) -> ServiceBuilder {
        self.ready_at = "/readyz";
        let urls = cluster
            .nodes
            .iter()
            .map(|node| format!("redis://127.0.0.1:{}", node.port()));
        let urls: Vec<String> = urls.collect();
        self.redis_line(&format!("url = {}", json!(urls)))
            .redis_line("cluster = true")
    }

    /// One more line of the table `redis`.
    pub fn redis_line(mut self, line: &str) -> ServiceBuilder {
        self.redis.push(line.into());
        self
    }

    /// A new key, which `Service::key` finds by its name; `*` is every app.
    pub fn key(mut self, name: &str, apps: &[&str], rights: &[&str]) -> ServiceBuilder {
        self.keys.push(Key::new(name, apps, rights));
        self
    }

    pub fn no_auth(self) -> ServiceBuilder {
        self.config("no-auth = true\n")
    }

    /// More configuration: lines of the top level, then tables other than `redis`.
    pub fn config(mut self, text: &str) -> ServiceBuilder {
        let is_table = |line: &&str| line.starts_with('[');
        let top = text.lines().take_while(|line| !is_table(line));
        let tables = text.lines().skip_while(|line| !is_table(line));
        self.top.extend(top.map(str::to_owned));
        self.tables.extend(tables.map(str::to_owned));
        self
    }

    /// One more variable of the process's environment.
    pub fn environment(mut self, name: &str, value: &str) -> ServiceBuilder {
        self.environment.push((name.into(), value.into()));
        self
    }

    /// Listens on a Unix socket in the service's folder.
    pub fn listen_unix(mut self) -> ServiceBuilder {
        self.listen = Listen::Socket;
        self
    }

    /// Listens on another address, in the form of the configuration.
    pub fn listen_also(mut self, address: &str) -> ServiceBuilder {
        self.more_listen.push(address.into());
        self
    }

    #[track_caller]
    pub fn start(self) -> Service {
        for _ in 0..5 {
            match self.clone().launch() {
                Ok(service) => return service,
                Err(Ended { log, .. }) if log.contains("Address already in use") => continue,
                Err(Ended { status, log }) => panic!("the service did not start, {status}:\n{log}"),
            }
        }
        panic!("no free port in five tries");
    }

    /// Starts a service that must not come up; returns what it printed.
    #[track_caller]
    pub fn refused(self) -> String {
        match self.launch() {
            Ok(_) => panic!("the service started, though it should have refused"),
            Err(Ended { status, log }) => {
                assert!(
                    !status.success(),
                    "a service that refuses to start must not end with {status}:\n{log}"
                );
                log
            }
        }
    }

    fn launch(self) -> Result<Service, Ended> {
        let folder = Folder::new();
        let endpoint = match self.listen {
            Listen::FreePort => Endpoint::at_port(free_port()),
            Listen::Socket => Endpoint::at_socket(folder.path().join("socket")),
        };
        fs::write(folder.path().join(CONFIG), self.text(&endpoint)).expect("the configuration is written");
        Service::launched(Setup {
            folder,
            endpoint,
            ready_at: self.ready_at,
            keys: self.keys,
            environment: self.environment,
        })
    }

    fn text(&self, endpoint: &Endpoint) -> String {
        let listen = match self.more_listen.as_slice() {
            [] => json!(endpoint.listen()),
            more => json!([&[endpoint.listen()], more].concat()),
        };
        let redis = (!self.redis.is_empty()).then_some("[redis]");
        let keys: Vec<String> = self.keys.iter().map(Key::table).collect();
        let listen = format!("listen = {listen}");
        let lines: Vec<&str> = iter::once(listen.as_str())
            .chain(self.top.iter().map(String::as_str))
            .chain(redis)
            .chain(self.redis.iter().map(String::as_str))
            .chain(self.tables.iter().map(String::as_str))
            .chain(keys.iter().map(String::as_str))
            .collect();
        lines.join("\n") + "\n"
    }
}
