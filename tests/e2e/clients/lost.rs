//! Lost replies: a client that is set up as the documentation shows does not send a command again,
//! because the server may have run the command already.

use super::installed::{self, Tool};
use super::snippets::{link_packages, snippet, snippet_with};
use crate::harness::*;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};

const COMMAND: &[u8] = b"SESSIONS.CREATE";

/// `None`: it is not installed.
type Find = fn() -> Option<Tool>;

/// A proxy in front of a server: passes everything on, but closes the connection instead of passing
/// on the reply to the first CREATE.
struct Lossy {
    port: u16,
    has_lost: Arc<AtomicBool>,
}

impl Lossy {
    #[track_caller]
    fn start(server: u16) -> Lossy {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
        let port = listener.local_addr().expect("it has an address").port();
        let has_lost = Arc::new(AtomicBool::new(false));
        let lost = Arc::clone(&has_lost);
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let Ok(server) = TcpStream::connect(("127.0.0.1", server)) else {
                    return;
                };
                pass_on(&client, &server, &lost);
            }
        });
        Lossy { port, has_lost }
    }
}

fn pass_on(client: &TcpStream, server: &TcpStream, has_lost: &Arc<AtomicBool>) {
    let again = |stream: &TcpStream| stream.try_clone().expect("the stream again");
    let is_losing = Arc::new(AtomicBool::new(false));
    let (mut from, mut to, losing, lost) = (
        again(client),
        again(server),
        Arc::clone(&is_losing),
        Arc::clone(has_lost),
    );
    std::thread::spawn(move || {
        let mut bytes = [0; 65536];
        while let Ok(count @ 1..) = from.read(&mut bytes) {
            let sent = &bytes[..count];
            if sent.windows(COMMAND.len()).any(|part| part == COMMAND) && !lost.swap(true, SeqCst) {
                losing.store(true, SeqCst);
            }
            if to.write_all(sent).is_err() {
                break;
            }
        }
        let _ = to.shutdown(Shutdown::Both);
    });
    let (mut from, mut to) = (again(server), again(client));
    std::thread::spawn(move || {
        let mut bytes = [0; 65536];
        while let Ok(count @ 1..) = from.read(&mut bytes) {
            if is_losing.load(SeqCst) || to.write_all(&bytes[..count]).is_err() {
                break;
            }
        }
        let _ = to.shutdown(Shutdown::Both);
    });
}

/// Runs a program for a single server through a lossy connection; returns whether the program
/// succeeded and how many sessions u1 has.
#[track_caller]
fn on_a_server(tool: &Tool, extension: &str, source: &str) -> (bool, i64) {
    let server = Server::builder().tcp().start();
    let lossy = Lossy::start(server.port());
    let path = server.dir().join(format!("lost.{extension}"));
    std::fs::write(&path, source.replace("6379", &lossy.port.to_string())).expect("the program is written");
    link_packages(&path);
    let output = tool.command(&path).output().expect("it can be run");
    assert!(lossy.has_lost.load(SeqCst), "nothing was lost: {output:?}");
    (
        output.status.success(),
        server.client().line("SESSIONS.COUNTSOID webapp u1").int(),
    )
}

#[test]
fn the_clients_of_the_page_do_not_create_a_second_session_when_a_reply_is_lost() {
    let clients: [(_, _, Find); 4] = [
        ("python", "py", installed::python),
        ("js", "mjs", installed::node),
        ("php", "php", installed::php),
        ("go", "go", installed::go),
    ];
    for (language, extension, tool) in clients {
        let Some(tool) = tool() else { continue };
        let shown = on_a_server(&tool, extension, &snippet(language));
        assert_eq!(shown, (false, 1), "{language}: an error, and one session");
    }
}

#[test]
fn without_the_setting_of_the_page_redis_py_and_ioredis_create_a_second_session() {
    if let Some(tool) = installed::python() {
        let source = snippet("python").replace(", retry=Retry(NoBackoff(), 0)", "");
        assert_eq!(on_a_server(&tool, "py", &source), (true, 2));
    }
    if let Some(tool) = installed::node() {
        let setting = "{ maxRetriesPerRequest: 0 }";
        assert!(super::file("docs/languages.md").contains(&format!("new Redis({setting})")));
        for (options, shown) in [("{}", (true, 2)), (setting, (false, 1))] {
            let source = format!(
                r#"import Redis from "ioredis";
const redis = new Redis(6379, "127.0.0.1", {options});
redis.on("error", () => {{}});
await redis.ping();
await redis.call("SESSIONS.CREATE", "webapp", "u1");
redis.disconnect();"#
            );
            assert_eq!(on_a_server(&tool, "mjs", &source), shown, "{options}");
        }
    }
}

/// A cluster that tells clients to reach the owner of u1 through a lossy connection.
#[track_caller]
fn lossy_cluster() -> (Cluster, Lossy) {
    let cluster = Cluster::start(3, 0);
    let owner = cluster.owner_of("u1");
    let lossy = Lossy::start(owner.port());
    let announced = format!("CONFIG SET cluster-announce-port {}", lossy.port);
    owner.client().line(&announced).assert_ok();
    wait_until(GENEROUS, "every node announces the other port", || {
        let slots = |node: &Server| format!("{:?}", node.client().line("CLUSTER SLOTS"));
        let nodes = cluster.primaries();
        nodes.iter().all(|node| slots(node).contains(&lossy.port.to_string()))
    });
    (cluster, lossy)
}

/// The same in a cluster; `create` is the last line of the program, in its language.
#[track_caller]
fn in_a_cluster(tool: &Tool, extension: &str, source: &str, create: &str) -> (bool, i64) {
    let (cluster, lossy) = lossy_cluster();
    let owner = cluster.owner_of("u1");
    let other = cluster.primaries().iter().find(|node| node.port() != owner.port());
    let port = other.expect("another node").port().to_string();
    let path = owner.dir().join(format!("lost.{extension}"));
    let source = format!("{}\n{create}\n", source.replace("6379", &port));
    std::fs::write(&path, source).expect("the program is written");
    link_packages(&path);
    let output = tool.command(&path).output().expect("it can be run");
    assert!(lossy.has_lost.load(SeqCst), "nothing was lost: {output:?}");
    (
        output.status.success(),
        owner.client().line("SESSIONS.COUNTSOID webapp u1").int(),
    )
}

#[test]
fn the_clusters_clients_do_not_create_a_second_session_when_a_reply_is_lost() {
    const IN_NODE: &str = "await sessions('CREATE', 'webapp', 'u1'); process.exit();";
    let clients: [(_, _, _, _, Find); 4] = [
        (
            "python",
            "RedisCluster",
            "py",
            "sessions('CREATE', 'webapp', 'u1')",
            installed::python,
        ),
        ("js", "createCluster", "mjs", IN_NODE, installed::node),
        ("js", "ioredis", "mjs", IN_NODE, installed::node),
        (
            "php",
            "RedisCluster",
            "php",
            "sessions('CREATE', 'webapp', 'u1');",
            installed::php,
        ),
    ];
    for (language, part, extension, create, tool) in clients {
        let Some(tool) = tool() else { continue };
        let shown = in_a_cluster(&tool, extension, &snippet_with(language, part), create);
        assert_eq!(shown, (false, 1), "{language}, {part}: an error, and one session");
    }
}

#[test]
fn in_a_cluster_redis_rs_creates_a_second_session_unless_retries_are_off() {
    use redis::cluster::ClusterClient;
    for (retries, sessions) in [(16, 2), (0, 1)] {
        let (cluster, _lossy) = lossy_cluster();
        let client = ClusterClient::builder([format!("redis://{}", cluster.address())]).retries(retries);
        let mut redis = client.build().unwrap().get_connection().unwrap();
        let route = redis::cluster_routing::Route::with_key("u1", redis::cluster_routing::SlotAddr::Master);
        let node = redis::cluster_routing::SingleNodeRoutingInfo::SpecificNode(route);
        let create = redis::cmd("SESSIONS.CREATE").arg(&["webapp", "u1"]).to_owned();
        let reply = redis.route_command(&create, redis::cluster_routing::RoutingInfo::SingleNode(node));
        assert_eq!(reply.is_ok(), retries > 0, "{reply:?}");
        let counted = cluster.owner_of("u1").client().line("SESSIONS.COUNTSOID webapp u1");
        assert_eq!(counted, Reply::Int(sessions), "{retries} retries");
    }
}
