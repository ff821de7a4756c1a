//! The tool keeps nothing in memory about the sessions that it has copied.

use super::*;
use std::thread::sleep;
use std::time::Duration;

/// A table of only the tokens of `MANY` sessions would take twice as much.
const TOLERATED_KIB: u64 = 3 * 1024;
const FEW: usize = 5000;
const MANY: usize = 30_000;

/// A run and its peak memory in KiB, which Linux reports as long as the process runs.
fn peak(options: &[&str], from: &Server, to: &Cluster) -> (Said, u64) {
    let (from, to) = (address(from), address(&to.nodes[0]));
    let arguments = [options, &[from.as_str(), to.as_str()]].concat();
    let mut child = command(&arguments)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let status = format!("/proc/{}/status", child.id());
    let mut peak = 0;
    while child.try_wait().unwrap().is_none() {
        let text = std::fs::read_to_string(&status).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let number = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
        peak = number.unwrap_or(0).max(peak);
        sleep(Duration::from_millis(2));
    }
    (said(child.wait_with_output().unwrap()), peak)
}

#[test]
fn memory_does_not_grow_with_the_number_of_sessions() {
    let (source, cluster) = (single(), Cluster::start(1, 0));
    create_many(&source, 0..FEW);
    let (said, few) = peak(&[], &source, &cluster);
    said.assert_counts(&[("copied", FEW)]);
    create_many(&source, FEW..MANY);
    let (said, many) = peak(&[], &source, &cluster);
    said.assert_counts(&[("copied", MANY - FEW), ("unchanged", FEW)]);
    assert!(many < few + TOLERATED_KIB, "{few} KiB, then {many} KiB");

    source.client().line("FLUSHALL");
    let (said, removing) = peak(&["--app", "web", "--mirror", "--force"], &source, &cluster);
    said.assert_counts(&[("removed", MANY)]);
    assert_eq!(on_the_cluster(&cluster, "web").len(), 0);
    assert!(removing < few + TOLERATED_KIB, "{few} KiB, then {removing} KiB");
}

#[test]
fn large_sessions_are_copied_in_small_batches() {
    let large = |builder: Builder| builder.line("sessions.max-data-bytes 4194304");
    let (source, cluster) = (large(Server::builder().tcp()).start(), Cluster::start_with(1, 0, large));
    create_many(&source, 0..200);
    let (_, small) = peak(&[], &source, &cluster);
    // 100 MB in all, which would be in memory several times if they were copied in one piece.
    let data = format!(r#"{{"large":"{}"}}"#, "x".repeat(2 << 20));
    let mut client = source.client();
    for number in 0..50 {
        create(&mut client, "web", &format!("large{number}"), &["DATA", &data]);
    }
    let (said, peak) = peak(&[], &source, &cluster);
    said.assert_counts(&[("copied", 50), ("unchanged", 200)]);
    assert!(peak < small + 250 * 1024, "{small} KiB, then {peak} KiB");
    assert_eq!(on_the_cluster(&cluster, "web"), on_the_source(&source, "web"));
}
