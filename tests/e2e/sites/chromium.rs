//! One of the sites in Chromium: two browsers with separate cookies, and the cookie rules of a real
//! browser. `SESSIONS_SCREENSHOT` names a file for a picture of the devices page.

use super::Site;
use crate::harness::*;
use std::process::Command;

#[test]
fn in_chromium_one_browser_logs_another_out() {
    let Some(packages) = client_folder("sites", "node_modules/playwright-core") else {
        return;
    };
    let Some(chromium) = chromium() else { return };
    let server = Server::builder().tcp().start();
    let Some(site) = Site::start("python", &server, &[("BEHIND_TLS", "1")]) else {
        return;
    };
    let mut client = server.client();
    // A device that has not been used for some time.
    let browser = "Mozilla/5.0 (Android 15; Tablet; rv:140.0) Gecko/140.0 Firefox/140.0";
    let options = ["IP", "2001:db8::17", "UA", browser, "TTL", "86400"];
    let tablet = create(&mut client, "shop", "ann", &options);
    let days_ago = (now(&mut client) - 3 * 86400).to_string();
    client
        .run(&["HSET", &format!("rs:shop:{tablet}"), "created", &days_ago])
        .int();
    age_everywhere(&mut client, "shop", &tablet, 5 * 3600);

    let picture = std::env::var_os("SESSIONS_SCREENSHOT");
    let output = Command::new("node")
        .arg(repository("tests/e2e/sites/chromium.cjs"))
        .arg(chromium)
        .arg(format!("http://localhost:{}", site.port))
        .arg(server.dir())
        .args(picture)
        .env("NODE_PATH", packages.join("node_modules"))
        .output()
        .expect("node can be run");
    assert!(
        output.status.success(),
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    assert_eq!(client.run(&["SESSIONS.COUNTSOID", "shop", "ann"]).int(), 1);
}
