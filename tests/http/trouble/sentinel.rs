//! Failovers by Sentinel: the service asks the Sentinels for the primary.

use super::load::{Kept, Load};
use super::{has_role, shop};
use crate::harness::{Client, Folder, GENEROUS, Server, ServiceBuilder, free_port, wait_until};
use std::fs;
use std::process::{Child, Command, Stdio};

/// Three Sentinels that watch a primary.
struct Sentinels(Vec<Sentinel>);

struct Sentinel {
    port: u16,
    child: Child,
    /// Sentinel rewrites its configuration in this folder.
    _folder: Folder,
}

impl Drop for Sentinel {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Sentinel {
    fn start(primary: &Server, more: &[&str]) -> Sentinel {
        let (folder, port) = (Folder::new(), free_port());
        let conf = folder.path().join("sentinel.conf");
        let lines = [
            format!("port {port}"),
            "bind 127.0.0.1".into(),
            format!("dir {}", folder.path().display()),
            format!("logfile {}", folder.path().join("sentinel.log").display()),
            format!("sentinel monitor shop 127.0.0.1 {} 2", primary.port()),
            "sentinel down-after-milliseconds shop 1000".into(),
            "sentinel failover-timeout shop 5000".into(),
        ];
        let lines = lines.iter().map(String::as_str).chain(more.iter().copied());
        fs::write(&conf, lines.collect::<Vec<_>>().join("\n") + "\n").unwrap();
        let program = std::env::var("REDIS_SERVER").unwrap_or_else(|_| "redis-server".into());
        let mut command = Command::new(program);
        let child = command
            .arg(&conf)
            .arg("--sentinel")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn();
        Sentinel {
            port,
            child: child.expect("a Sentinel can be started"),
            _folder: folder,
        }
    }

    fn client(&self) -> Option<Client> {
        Client::connect(&format!("redis://127.0.0.1:{}/", self.port)).ok()
    }
}

impl Sentinels {
    /// Three Sentinels that know each other and the primary's replica.
    fn of(primary: &Server) -> Sentinels {
        let all = Sentinels((0..3).map(|_| Sentinel::start(primary, &[])).collect());
        wait_until(GENEROUS, "the Sentinels know each other and the replica", || {
            let knows = |sentinel: &Sentinel| {
                let mut client = sentinel.client()?;
                let state = client.try_run(&["SENTINEL", "MASTER", "shop"]).ok()?;
                let state = state.texts();
                let of = |name: &str| {
                    state
                        .iter()
                        .position(|text| *text == name)
                        .map(|at| state[at + 1].to_owned())
                };
                Some(of("num-other-sentinels")? == "2" && of("num-slaves")? == "1" && of("flags")? == "master")
            };
            all.0.iter().all(|sentinel| knows(sentinel) == Some(true))
        });
        all
    }

    /// The port of the primary, if all Sentinels agree.
    fn primary(&self) -> Option<u16> {
        let say = |sentinel: &Sentinel| {
            let reply = sentinel
                .client()?
                .try_run(&["SENTINEL", "GET-MASTER-ADDR-BY-NAME", "shop"])
                .ok()?;
            reply.texts().get(1)?.parse::<u16>().ok()
        };
        let first = say(&self.0[0])?;
        self.0
            .iter()
            .all(|sentinel| say(sentinel) == Some(first))
            .then_some(first)
    }

    fn told(&self, builder: ServiceBuilder) -> ServiceBuilder {
        let urls: Vec<String> = self
            .0
            .iter()
            .map(|sentinel| format!("redis://127.0.0.1:{}", sentinel.port))
            .collect();
        builder
            .redis_line(&format!("url = {urls:?}"))
            .redis_line("sentinel = \"shop\"")
    }
}

fn pair() -> (Server, Server, Load) {
    let first = Server::builder().tcp().start();
    let second = Server::builder().replica_of(&first).start();
    let load = Load::on(&mut first.client());
    second.catch_up_with(&first);
    (first, second, load)
}

#[test]
fn the_service_follows_the_sentinels_when_the_primary_is_killed() {
    let (mut first, second, load) = pair();
    let sentinels = Sentinels::of(&first);
    let service = sentinels.told(shop()).start();
    load.meanwhile(&service, || {
        first.kill9();
        load.fails();
        load.served_again();
        assert!(has_role(&second, "master"));
        // The old primary starts again, becomes a replica, and gets no requests.
        first.start_again();
        wait_until(GENEROUS, "the old primary is a replica", || has_role(&first, "slave"));
        load.served_again();
    });
    let mut client = second.client();
    load.assert_counts(Kept::Most, |command| client.run(command));
}

#[test]
fn the_service_follows_a_failover_that_an_operator_asks_for() {
    let (first, second, load) = pair();
    let sentinels = Sentinels::of(&first);
    let service = sentinels.told(shop()).start();
    load.meanwhile(&service, || {
        let mut client = sentinels.0[0].client().unwrap();
        client.run(&["SENTINEL", "FAILOVER", "shop"]).assert_ok();
        wait_until(GENEROUS, "the Sentinels name the other server", || {
            sentinels.primary() == Some(second.port())
        });
        wait_until(GENEROUS, "the old primary is a replica", || has_role(&first, "slave"));
        load.served_again();
    });
    let mut client = second.client();
    load.assert_counts(Kept::Most, |command| client.run(command));
}

#[test]
fn one_sentinel_of_three_is_enough() {
    let (first, _second, load) = pair();
    let mut sentinels = Sentinels::of(&first);
    let builder = sentinels.told(shop());
    sentinels.0.drain(..2);
    let service = builder.start();
    load.meanwhile(&service, || {});
    assert!(
        load.outcomes().keys().all(|outcome| matches!(outcome, Some(200 | 201))),
        "{:?}",
        load.outcomes()
    );
}

/// The password in the URL is for the Sentinels, the password in the configuration is for the
/// servers.
#[test]
fn sentinels_and_servers_have_passwords_of_their_own() {
    let server = Server::builder().tcp().start();
    server
        .client()
        .line("ACL SETUSER http on >servers-password ~* &* +@all")
        .assert_ok();
    server
        .client()
        .line("ACL SETUSER sentinel on >watching allchannels +@all")
        .assert_ok();
    let more = [
        "requirepass sentinels-password",
        "sentinel auth-user shop sentinel",
        "sentinel auth-pass shop watching",
    ];
    let sentinel = Sentinel::start(&server, &more);
    server.client().line("ACL SETUSER default off").assert_ok();
    let folder = Folder::new();
    let password = folder.path().join("password");
    fs::write(&password, "servers-password").unwrap();
    let start = |sentinels: &str| {
        let url = format!("redis://:{sentinels}@127.0.0.1:{}", sentinel.port);
        shop()
            .redis_url(&url)
            .redis_line("sentinel = \"shop\"")
            .redis_line("username = \"http\"")
            .redis_line(&format!("password-file = {:?}", password.display().to_string()))
            .start()
    };
    let service = start("sentinels-password");
    wait_until(GENEROUS, "the service is ready", || {
        service.get("/readyz").send().status() == 200
    });
    let service = start("servers-password");
    assert_ne!(service.get("/readyz").send().status(), 200);
}
