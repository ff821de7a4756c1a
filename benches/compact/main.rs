//! Compares a prototype of a compact layout with today's layout. docs/compact-layout.md describes
//! the prototype and has the results.
//!
//! Both layouts are written by plain commands, so that the comparison is fair. Today's layout is
//! measured with the module, too. Each operation reads, decides and writes as a module would:
//! `recorder` describes how. `check` compares what is read back with what is expected.
//! `scripts/bench-compact.sh` builds and runs this program.

#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a measurement that fails ends the run"
)]

mod bucket;
mod check;
#[allow(dead_code, reason = "the other benchmark uses all of it")]
#[path = "../measure/client.rs"]
mod client;
mod compact;
mod costs;
mod crowd;
mod head;
mod index;
mod indexes;
mod inside;
mod leads;
#[allow(dead_code, reason = "the other benchmark uses all of it")]
#[path = "../measure/machine.rs"]
mod machine;
mod module;
mod moves;
mod recorder;
#[allow(dead_code, reason = "the other benchmark uses all of it")]
#[path = "../measure/server.rs"]
mod server;
mod session;
#[allow(dead_code, reason = "the other benchmark uses all of it")]
#[path = "../measure/size.rs"]
mod size;
#[allow(dead_code, reason = "the other benchmark uses all of it")]
#[path = "../measure/stats.rs"]
mod stats;
#[path = "../measure/text.rs"]
mod text;
mod today;
mod windows;

use head::Form;

/// The parts of a run, all of them if the command line names none.
const PARTS: [&str; 6] = ["inside", "indexes", "200", "1000", "4000", "crowd"];

fn main() {
    let named: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with('-')).collect();
    for word in &named {
        assert!(PARTS.contains(&word.as_str()), "not one of {PARTS:?}: {word}");
    }
    let has = |part: &str| named.is_empty() || named.iter().any(|word| word == part);
    check::run();
    for line in machine::basis() {
        println!("- {line}");
    }
    println!();
    if has("inside") {
        println!("{}\n{}", inside::table(), inside::splits());
    }
    if has("indexes") {
        println!("{}", indexes::table());
    }
    for data in [200, 1000, 4000] {
        if has(&data.to_string()) {
            println!("{}", costs::table(data, &columns(data)));
        }
    }
    if has("crowd") {
        println!("{}", crowd::table());
    }
}

/// Today's layout, and the forms of the compact layout that make sense with so much data, each with
/// its sessions per bucket.
fn columns(data: usize) -> Vec<costs::Column> {
    let forms: &[(Form, u64)] = match data {
        200 => &[(Form::Packed, 24), (Form::Split, 24), (Form::Split, 12)],
        1000 => &[
            (Form::Packed, 24),
            (Form::Split, 24),
            (Form::Split, 8),
            (Form::Apart, 24),
        ],
        _ => &[(Form::Split, 24), (Form::Apart, 24)],
    };
    let mut columns = vec![costs::today(data), module::measure(data)];
    columns.extend(forms.iter().map(|&(form, load)| costs::compact(data, form, load)));
    columns
}
