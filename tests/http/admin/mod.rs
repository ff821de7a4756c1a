//! The admin page: requests to it, and its use in Chromium.

mod browser;
mod chromium;
mod ending;
mod events;
mod forms;
mod in_a_cluster;
mod lists;
mod log_in;
mod pictures;
mod reach;
mod redis_user;
mod shown;

use crate::harness::{Client, GENEROUS, Server, Service, ServiceBuilder, wait_until};
use browser::Browser;

/// A server and a service with three keys: `lead` can view all apps and end sessions, `support` can
/// view `webapp`, `writer` can do neither.
struct Desk {
    server: Server,
    service: Service,
}

impl Desk {
    fn start() -> Desk {
        Desk::with("", &[])
    }

    /// `config` is more of the service's configuration, `settings` are lines of redis.conf.
    fn with(config: &str, settings: &[&str]) -> Desk {
        let mut server = Server::builder();
        for line in settings {
            server = server.line(*line);
        }
        let server = server.start();
        let service = keys(Service::builder().redis(&server)).config(config).start();
        Desk { server, service }
    }

    /// Waits until the service is connected again after the server was away or busy.
    #[track_caller]
    fn wait_until_connected(&self) {
        wait_until(GENEROUS, "the service is connected", || {
            self.service.get("/readyz").send().status() == 200
        });
    }

    fn client(&self) -> Client {
        self.server.client()
    }

    /// A browser in which nobody has logged in.
    fn browser(&self) -> Browser {
        Browser::new(&self.service)
    }

    /// A browser in which somebody has logged in with the key of that name.
    #[track_caller]
    fn logged_in(&self, key: &str) -> Browser {
        let mut browser = self.browser();
        let page = browser.log_in(&self.service.key(key).text);
        assert_eq!(
            (page.status(), page.header("location")),
            (303, Some("/admin")),
            "{page:?}"
        );
        browser
    }
}

fn keys(service: ServiceBuilder) -> ServiceBuilder {
    service
        .key("lead", &["*"], &["read", "admin"])
        .key("support", &["webapp"], &["read"])
        .key("writer", &["*"], &["write"])
}
