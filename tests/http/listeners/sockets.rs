//! Unix sockets: their permissions, and files that already exist at their path.

use crate::harness::{Server, Service};
use std::fs;
use std::os::unix::fs::PermissionsExt;

fn mode(service: &Service) -> u32 {
    let metadata = fs::metadata(service.dir().join("socket")).unwrap();
    metadata.permissions().mode() & 0o777
}

#[test]
fn a_socket_has_the_permissions_of_the_configuration() {
    let server = Server::start();
    for (setting, expected) in [("660", 0o660), ("600", 0o600), ("666", 0o666)] {
        let builder = Service::builder().redis(&server).no_auth().listen_unix();
        let service = builder.config(&format!("socket-mode = \"{setting}\"")).start();
        assert_eq!(mode(&service), expected);
        service.get("/livez").send().assert_status(200);
    }
    for wrong in ["\"999\"", "\"0660\"", "\"rw\"", "\"\""] {
        let builder = Service::builder().redis(&server).no_auth().listen_unix();
        let log = builder.config(&format!("socket-mode = {wrong}")).refused();
        assert!(
            log.contains("socket-mode: must be three octal digits"),
            "{wrong}: {log}"
        );
    }
}

#[test]
fn a_socket_is_gone_when_the_service_has_ended() {
    let server = Server::start();
    let mut service = Service::builder().redis(&server).no_auth().listen_unix().start();
    let path = service.dir().join("socket");
    assert!(path.exists());
    service.signal("TERM");
    assert_eq!(service.wait_exit().code(), Some(0));
    assert!(!path.exists());
}

#[test]
fn a_file_that_is_not_a_socket_is_left_alone() {
    let server = Server::start();
    let folder = crate::harness::Folder::new();
    let file = folder.path().join("notes");
    fs::write(&file, "mine").unwrap();
    let builder = Service::builder().redis(&server).no_auth();
    let log = builder.listen_also(&format!("unix:{}", file.display())).refused();
    assert!(log.contains("notes") && log.contains("in use"), "{log}");
    assert_eq!(fs::read_to_string(&file).unwrap(), "mine");
}

#[test]
fn a_socket_of_another_service_is_left_alone() {
    let server = Server::start();
    let first = Service::builder().redis(&server).no_auth().listen_unix().start();
    let socket = first.dir().join("socket");
    let builder = Service::builder().redis(&server).no_auth();
    builder.listen_also(&format!("unix:{}", socket.display())).refused();
    first.get("/livez").send().assert_status(200);
}

/// If the service started with only some of its listeners, only clients of the missing ones would
/// notice.
#[test]
fn a_listener_whose_address_is_taken_keeps_the_service_from_starting() {
    let server = Server::start();
    let first = Service::builder().redis(&server).no_auth().start();
    for table in ["legacy", "metrics"] {
        let builder = Service::builder().redis(&server).no_auth().listen_unix();
        let taken = format!("[{table}]\nlisten = \"127.0.0.1:{}\"", first.port());
        let log = builder.config(&taken).refused();
        assert!(log.contains(&format!("127.0.0.1:{}", first.port())), "{log}");
    }
}
