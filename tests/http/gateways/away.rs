//! What visitors see while Redis, or the service, is away.

use super::{Gateway, Site};
use crate::harness::{GENEROUS, wait_until};

#[test]
fn while_redis_is_away_nobody_is_let_in_or_sent_to_log_in() {
    for gateway in Gateway::ALL {
        let Some(mut site) = Site::behind(gateway) else {
            continue;
        };
        let ann = site.visitor_as("ann");
        site.server.kill9();
        let (status, retry) = match gateway {
            Gateway::Nginx => (500, None),
            Gateway::Caddy => (503, Some("1")),
        };
        for target in ["/", "/forum/"] {
            let response = ann.page(target).assert_status(status);
            assert_eq!(response.header("retry-after"), retry, "{gateway:?}");
            assert_eq!(response.header("location"), None);
            // A visitor without a cookie is still sent to the log-in page, because nothing has to
            // be looked up.
            site.visitor().page(target).assert_status(302);
        }
        site.visitor().page("/login").assert_status(200);
        site.server.start_again();
        site.server.client().run(&[
            "SESSIONS.SAVE",
            "webapp",
            &ann.sid.clone().unwrap_or_default(),
            "{}",
            "ID",
            "ann",
        ]);
        wait_until(GENEROUS, "the session is found again", || ann.page("/").status() == 200);
    }
}

#[test]
fn while_the_service_is_away_nobody_is_let_in() {
    for gateway in Gateway::ALL {
        let Some(mut site) = Site::behind(gateway) else {
            continue;
        };
        let ann = site.visitor_as("ann");
        site.service.kill_hard();
        let status = match gateway {
            Gateway::Nginx => 500,
            Gateway::Caddy => 502,
        };
        for target in ["/", "/forum/"] {
            ann.page(target).assert_status(status);
        }
        ann.page("/login").assert_status(200);
        site.service.start_again();
        wait_until(GENEROUS, "the session is found again", || ann.page("/").status() == 200);
    }
}
