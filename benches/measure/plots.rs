//! The plots of docs/benchmarks.

use crate::costs::{Costs, Size};
use crate::latency::Latency;
use crate::svg::{Anchor, BOTTOM, COLOURS, HEIGHT, LEFT, RIGHT, Svg, TOP, grid};
use crate::text::grouped;
use crate::uses::Work;

/// Operations per second of server CPU: the module, a script and the floor, next to each other.
pub(crate) fn throughput(costs: &Costs) -> String {
    let groups = [
        (
            "GET within a step",
            [Work::GetWithin, Work::GetLua, Work::GetWithinFloor],
        ),
        (
            "GET, first use in a step",
            [Work::GetStepping, Work::GetLua, Work::GetSteppingFloor],
        ),
        (
            "SET within a step",
            [Work::SetWithin, Work::SetLua, Work::SetWithinFloor],
        ),
        ("CREATE", [Work::Create, Work::CreateLua, Work::CreateFloor]),
        ("KILL", [Work::Kill, Work::KillLua, Work::KillFloor]),
    ];
    let rate = |work| 1000.0 / costs.cpu(work);
    let highest = groups
        .iter()
        .flat_map(|(_, works)| works)
        .map(|&work| rate(work))
        .fold(1.0, f64::max);
    let mut svg = Svg::new("Thousand operations per second of server CPU, pipeline 32");
    svg.legend(&["module", "Lua script", "floor: the same keys with plain commands"]);
    let y = |value: f64| BOTTOM - (BOTTOM - TOP) * value / (highest * 1.08);
    let step = grid(highest);
    for level in (0..)
        .map(|number| f64::from(number) * step)
        .take_while(|&level| level <= highest)
    {
        svg.level(y(level), &grouped(level));
    }
    let width = (RIGHT - LEFT) / groups.len() as f64;
    for (position, (name, works)) in groups.iter().enumerate() {
        let left = LEFT + width * position as f64;
        for (bar, &work) in works.iter().enumerate() {
            let (x, top) = (left + width * (0.14 + 0.25 * bar as f64), y(rate(work)));
            svg.bar(x, top, width * 0.22, BOTTOM - top, COLOURS[bar]);
            svg.text(x + width * 0.11, top - 4.0, Anchor::Middle, &grouped(rate(work)));
        }
        svg.text(left + width / 2.0, BOTTOM + 20.0, Anchor::Middle, name);
    }
    svg.finish()
}

/// The cost of a read by the number of sessions.
pub(crate) fn growth(sizes: &[Size]) -> String {
    let works = [Work::GetWithin, Work::GetLua, Work::HGetAll, Work::GetStepping];
    let highest = sizes
        .iter()
        .flat_map(|size| works.map(|work| size.costs.cpu(work)))
        .fold(1.0, f64::max);
    let mut svg = Svg::new("Microseconds of server CPU per read, by number of sessions, pipeline 32");
    svg.legend(&[
        "GET within a step",
        "Lua script",
        "HGETALL of the same hash",
        "GET, first use in a step",
    ]);
    let y = |value: f64| BOTTOM - (BOTTOM - TOP) * value / (highest * 1.05);
    let step = grid(highest);
    for level in (0..)
        .map(|number| f64::from(number) * step)
        .take_while(|&level| level <= highest)
    {
        svg.level(y(level), &format!("{level}"));
    }
    let logs: Vec<f64> = sizes.iter().map(|size| (size.sessions as f64).log10()).collect();
    let (first, last) = (logs[0], logs[logs.len() - 1]);
    let x = |log: f64| LEFT + 30.0 + (RIGHT - LEFT - 60.0) * (log - first) / (last - first).max(1.0);
    for (size, &log) in sizes.iter().zip(&logs) {
        svg.text(x(log), BOTTOM + 20.0, Anchor::Middle, &grouped(size.sessions as f64));
    }
    for (work, colour) in works.into_iter().zip(COLOURS) {
        let points: Vec<_> = sizes
            .iter()
            .zip(&logs)
            .map(|(size, &log)| (x(log), y(size.costs.cpu(work))))
            .collect();
        svg.curve(&points, colour);
        points.into_iter().for_each(|(x, y)| svg.dot(x, y, colour));
    }
    svg.text(f64::midpoint(LEFT, RIGHT), HEIGHT - 14.0, Anchor::Middle, "sessions");
    svg.finish()
}

/// PING's latency over time during KILLALL and during a script that does the same.
pub(crate) fn latency(runs: [&Latency; 2], sessions: usize) -> String {
    const LOWEST: f64 = 0.01;
    const HIGHEST: f64 = 100_000.0;
    let [module, _] = runs;
    let title = format!("PING's latency while {} sessions are killed", grouped(sessions as f64));
    let mut svg = Svg::new(&title);
    let seconds = runs.iter().map(|run| run.seconds).fold(0.0, f64::max) + 0.4;
    let decades = (HIGHEST / LOWEST).log10();
    let y = |ms: f64| BOTTOM - (BOTTOM - TOP) * (ms.clamp(LOWEST, HIGHEST) / LOWEST).log10() / decades;
    let x = |at: f64| LEFT + (RIGHT - LEFT) * (at + 0.4) / (seconds + 0.4);
    let names = ["KILLALL", "the same by a Lua script"];
    svg.legend(&names);
    let levels = [
        (0.01, "10 µs"),
        (0.1, "0.1 ms"),
        (1.0, "1 ms"),
        (10.0, "10 ms"),
        (100.0, "0.1 s"),
        (1e3, "1 s"),
        (1e4, "10 s"),
    ];
    for (level, label) in levels {
        svg.level(y(level), label);
    }
    let step = grid(seconds);
    for at in (0..)
        .map(|number| f64::from(number) * step)
        .take_while(|&at| at <= seconds)
    {
        svg.text(x(at), BOTTOM + 20.0, Anchor::Middle, &format!("{at} s"));
    }
    for (run, colour) in runs.into_iter().zip(COLOURS) {
        svg.curve(
            &worst(run, (seconds + 0.4) / 700.0)
                .map(|(at, ms)| (x(at), y(ms)))
                .collect::<Vec<_>>(),
            colour,
        );
        svg.line((x(run.seconds), TOP), (x(run.seconds), BOTTOM), colour);
    }
    svg.line((x(0.0), TOP), (x(0.0), BOTTOM), "#999999");
    let note = format!(
        "each point is the worst of {:.0} ms; the vertical lines mark the beginning and the two ends; KILLALL took \
         {:.1} s",
        (seconds + 0.4) / 0.7,
        module.seconds
    );
    svg.text(f64::midpoint(LEFT, RIGHT), HEIGHT - 14.0, Anchor::Middle, &note);
    svg.finish()
}

/// The worst latency in each interval of time, from before to after the work.
fn worst(run: &Latency, stretch: f64) -> impl Iterator<Item = (f64, f64)> {
    let mut slots: std::collections::BTreeMap<i64, f64> = std::collections::BTreeMap::new();
    for sample in &run.samples {
        if !(-0.4..run.seconds + 0.4).contains(&sample.at) {
            continue;
        }
        let worst = slots.entry((sample.at / stretch).floor() as i64).or_default();
        *worst = worst.max(sample.latency);
    }
    slots
        .into_iter()
        .map(move |(slot, latency)| ((slot as f64 + 0.5) * stretch, latency))
}
