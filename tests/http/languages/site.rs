//! The whole site: Redis, the service, the parts in their languages, and nginx.

use super::Device;
use crate::frameworks::{self, SECRETS};
use crate::gateways::{nginx, replaced};
use crate::harness::{
    Endpoint, Program, Request, Server, Service, free_port, installed, python_with_package, repository, skip,
};
use serde_json::json;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex, PoisonError, Weak};

/// Fields are dropped from the first to the last, so nginx ends before the servers behind it.
pub(super) struct Site {
    /// nginx.
    pub(super) front: Endpoint,
    _programs: Vec<Program>,
    pub(super) service: Service,
    pub(super) server: Server,
}

const APP: &str = r#"
[apps.webapp]
cookie = "sid"
form = "signed"
"#;

static SHARED: Mutex<Weak<Site>> = Mutex::new(Weak::new());

impl Site {
    /// The site, which tests that run at the same time share; each test has its own users. `None`:
    /// something that the site needs is not installed.
    #[track_caller]
    pub(super) fn shared() -> Option<Arc<Site>> {
        let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(site) = shared.upgrade() {
            return Some(site);
        }
        let site = Arc::new(Site::start()?);
        *shared = Arc::downgrade(&site);
        Some(site)
    }

    #[track_caller]
    fn start() -> Option<Site> {
        let (gateway, php, python) = (installed(&["nginx"])?, Php::installed()?, python_with_package()?);
        let server = Server::start();
        let secrets = json!(SECRETS).to_string();
        let (node, node_port) = frameworks::start("readers.cjs", &server, &[("SECRETS", &secrets)])?;
        let service = service(&server);
        let (python, wsgi, asgi) = start_python(&python, &server, &secrets);
        let (php, fpm) = php.start(&server, &secrets);
        let port = free_port();
        let source = repository("tests/http/languages/sites")
            .canonicalize()
            .expect("the folder is there");
        let text = fs::read_to_string(source.join("nginx.conf")).expect("the configuration is there");
        let leads = [("3001", node_port), ("3002", wsgi), ("3003", asgi), ("9000", fpm)];
        let text = leads.iter().fold(text, |text, (from, to)| {
            replaced(&text, &format!("127.0.0.1:{from}"), &format!("127.0.0.1:{to}"))
        });
        let text = replaced(&text, "/var/www", &source.display().to_string());
        let gateway = Program::start(nginx(&gateway, port, &text, server.dir()), port, server.dir());
        Some(Site {
            front: Endpoint::at_port(port),
            _programs: vec![gateway, node, python, php],
            service,
            server,
        })
    }

    pub(super) fn device(&self) -> Device<'_> {
        Device::of(self)
    }

    /// A request to `/v1` about the session with this token.
    pub(super) fn v1(&self, method: &str, token: &str) -> Request {
        let service = self.service.as_key(self.service.key("site"));
        service.request(method, "/v1/apps/webapp/session").token(token)
    }

    /// How many sessions a user has.
    #[track_caller]
    pub(super) fn count(&self, user: &str) -> i64 {
        self.server.client().run(&["SESSIONS.COUNTSOID", "webapp", user]).int()
    }
}

fn service(server: &Server) -> Service {
    let file = server.dir().join("secrets");
    fs::write(&file, SECRETS.join("\n")).expect("secrets are written");
    let builder = Service::builder().redis(server).key("site", &["webapp"], &["write"]);
    builder.config(&format!("{APP}secret-file = {file:?}\n")).start()
}

/// Django and Flask on the first port, FastAPI on the second one.
#[track_caller]
fn start_python(python: &Path, server: &Server, secrets: &str) -> (Program, u16, u16) {
    let (wsgi, asgi) = (free_port(), free_port());
    let mut command = Command::new(python);
    command
        .arg(repository("tests/http/languages/sites/site.py"))
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("REDIS_SOCKET", server.socket())
        .env("SECRETS", secrets)
        .env("FOLDER", server.dir())
        .env("PORT", wsgi.to_string())
        .env("ASGI_PORT", asgi.to_string());
    (Program::start(command, wsgi, server.dir()), wsgi, asgi)
}

/// PHP 8.2 or newer with phpredis and Laravel, and its php-fpm.
struct Php {
    fpm: PathBuf,
}

/// Prints what is missing, otherwise the version of PHP.
const LOOK: &str = r#"echo match (true) {
    PHP_VERSION_ID < 80200 => 'php-8.2',
    !extension_loaded('redis') => 'phpredis',
    !stream_resolve_include_path('Illuminate/Session/autoload.php') => 'laravel',
    default => PHP_MAJOR_VERSION . '.' . PHP_MINOR_VERSION,
};"#;

impl Php {
    #[track_caller]
    fn installed() -> Option<Php> {
        let php = installed(&["php"])?;
        let output = Command::new(php).args(["-r", LOOK]).output().expect("php can be run");
        let found = String::from_utf8_lossy(&output.stdout).into_owned();
        if !found.starts_with(|first: char| first.is_ascii_digit()) {
            skip(&found);
            return None;
        }
        let fpm = installed(&[format!("php-fpm{found}").as_str(), "php-fpm"])?;
        Some(Php { fpm })
    }

    #[track_caller]
    fn start(self, server: &Server, secrets: &str) -> (Program, u16) {
        let (port, file) = (free_port(), server.dir().join("php-fpm.conf"));
        let pool = format!(
            "[global]\nerror_log = /dev/stderr\ndaemonize = no\n[site]\nlisten = 127.0.0.1:{port}\nclear_env = no\n\
             catch_workers_output = yes\npm = static\npm.max_children = 4\n"
        );
        // php-fpm requires a user if root starts it.
        let (user, word) =
            match fs::metadata("/proc/self").is_ok_and(|it| std::os::unix::fs::MetadataExt::uid(&it) == 0) {
                true => ("user = root\ngroup = root\n", Some("--allow-to-run-as-root")),
                false => ("", None),
            };
        fs::write(&file, pool + user).expect("the configuration is written");
        let mut command = Command::new(self.fpm);
        command
            .args(["--nodaemonize", "--fpm-config"])
            .arg(&file)
            .args(word)
            .env("PACKAGE", repository("clients/php"))
            .env("REDIS_SOCKET", server.socket())
            .env("SECRETS", secrets);
        (Program::start_with_workers(command, port, server.dir()), port)
    }
}
