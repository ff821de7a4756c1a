//! A prototype of a compact layout, measured against today's: docs/compact-layout.md describes it and has the results.
//!
//! Both layouts are driven by plain commands, so like is compared with like; today's is measured by the module, too.
//! `recorder` says how: an operation really reads, decides and writes. `check` compares what is read back with what there
//! should be. `scripts/bench-compact.sh` builds and runs this.

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
mod head;
mod index;
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

fn main() {
    check::run();
    for line in machine::basis() {
        println!("- {line}");
    }
    println!("\n{}", inside::table());
    for data in [200, 1000] {
        let mut columns = vec![costs::today(data), module::measure(data)];
        for (form, load) in [(Form::Packed, 24), (Form::Split, 24), (Form::Apart, 24)] {
            // Small data is not worth a key of its own.
            if data > 200 || form != Form::Apart {
                columns.push(costs::compact(data, form, load));
            }
        }
        if data == 200 {
            columns.push(costs::compact(data, Form::Split, 12));
        }
        println!("{}", costs::table(data, &columns));
    }
    println!("{}", costs::crowded());
}
