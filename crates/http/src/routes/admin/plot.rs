//! A small plot over time, as the paths of an SVG. Numbers and times are text outside the SVG, so
//! the plot can be stretched to any width.

use super::samples::Samples;
use super::text::number;
use super::time::span;
use crate::clock::Unix;

/// The size of the drawing, in its own units.
pub(super) const WIDTH: i64 = 600;
pub(super) const HEIGHT: i64 = 100;

/// One quantity over time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Plot {
    pub(super) name: &'static str,
    /// The path of the line; interrupted where nothing was measured.
    pub(super) line: String,
    /// The path of the area below the line.
    pub(super) area: String,
    /// The number at the upper edge; the lower edge is 0.
    pub(super) top: String,
    /// How far the left edge is back: `3 hours`.
    pub(super) length: String,
    /// A sentence that describes the plot, for readers who cannot see it.
    pub(super) sentence: String,
}

impl Plot {
    /// `None`: there is no line between fewer than two points.
    pub(super) fn new(name: &'static str, points: &[(Unix, u64)], interval: i64) -> Option<Self> {
        let ((first, _), (last, now)) = (*points.first()?, *points.last()?);
        let length = last - first;
        if length <= 0 {
            return None;
        }
        let lowest = points.iter().map(|(_, value)| *value).min()?;
        let highest = points.iter().map(|(_, value)| *value).max()?;
        let top = round_up(highest);
        let x = |at: Unix| (at - first) * WIDTH / length;
        // The line is drawn inside the edges, so that half of its width is not cut off.
        let y = |value: u64| HEIGHT - 1 - scaled(value, top, HEIGHT - 2);

        let (mut line, mut area) = (String::new(), String::new());
        for run in points.chunk_by(|(before, _), (after, _)| after - before <= 2 * interval) {
            let (Some((from, _)), Some((to, _))) = (run.first(), run.last()) else {
                continue;
            };
            area.push_str(&format!("M{} {HEIGHT}", x(*from)));
            for (position, (at, value)) in run.iter().enumerate() {
                let (x, y) = (x(*at), y(*value));
                line.push_str(&format!("{}{x} {y}", if position == 0 { 'M' } else { 'L' }));
                area.push_str(&format!("L{x} {y}"));
            }
            area.push_str(&format!("L{} {HEIGHT}Z", x(*to)));
        }
        let length = span(length);
        let sentence = format!(
            "{name}, the last {length}: at least {}, at most {}, at the end {}.",
            number(lowest),
            number(highest),
            number(now)
        );
        Some(Self {
            name,
            line,
            area,
            top: number(top),
            length,
            sentence,
        })
    }
}

/// The plots of an app: its sessions, and its users within 5 minutes.
pub(super) fn plots(samples: &Samples) -> Option<[Plot; 2]> {
    let interval = samples.interval();
    let sessions: Vec<_> = samples.points().iter().map(|it| (it.at, it.sessions)).collect();
    let users: Vec<_> = samples.points().iter().map(|it| (it.at, it.users)).collect();
    Some([
        Plot::new("Sessions", &sessions, interval)?,
        Plot::new("Users in 5 minutes", &users, interval)?,
    ])
}

/// A round number that is not smaller and not much larger.
fn round_up(highest: u64) -> u64 {
    const FEW: [u64; 4] = [4, 5, 6, 8];
    const LEADING: [u64; 10] = [10, 12, 15, 20, 25, 30, 40, 50, 60, 80];
    let powers = std::iter::successors(Some(1_u64), |power| power.checked_mul(10));
    let round = powers.flat_map(|power| LEADING.map(|digits| digits.saturating_mul(power)));
    FEW.into_iter()
        .chain(round)
        .find(|it| *it >= highest)
        .unwrap_or(highest)
}

fn scaled(value: u64, top: u64, height: i64) -> i64 {
    let height = u128::from(height.unsigned_abs());
    let share = u128::from(value) * height / u128::from(top.max(1));
    i64::try_from(share).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_goes_from_edge_to_edge_and_the_area_down_to_zero() {
        let plot = Plot::new("Sessions", &[(1000, 0), (1010, 10), (1020, 5)], 10).unwrap();
        assert_eq!(plot.line, "M0 99L300 1L600 50");
        assert_eq!(plot.area, "M0 100L0 99L300 1L600 50L600 100Z");
        assert_eq!(plot.top, "10");
        assert_eq!(plot.length, "20 seconds");
        let sentence = "Sessions, the last 20 seconds: at least 0, at most 10, at the end 5.";
        assert_eq!(plot.sentence, sentence);
    }

    #[test]
    fn where_nothing_was_measured_the_line_is_interrupted() {
        let plot = Plot::new("Sessions", &[(0, 4), (10, 4), (90, 4), (100, 4)], 10).unwrap();
        assert_eq!(plot.line, "M0 1L60 1M540 1L600 1");
    }

    #[test]
    fn fewer_than_two_points_make_no_plot() {
        assert_eq!(Plot::new("Sessions", &[], 10), None);
        assert_eq!(Plot::new("Sessions", &[(5, 1)], 10), None);
    }

    #[test]
    fn the_upper_edge_is_a_round_number() {
        for (highest, top) in [
            (0, 4),
            (4, 4),
            (5, 5),
            (7, 8),
            (9, 10),
            (11, 12),
            (41, 50),
            (1_234, 1_500),
        ] {
            assert_eq!(round_up(highest), top, "{highest}");
        }
        assert_eq!(round_up(u64::MAX), u64::MAX);
        let most = [(0, u64::MAX), (10, 0)];
        assert_eq!(Plot::new("Sessions", &most, 10).unwrap().line, "M0 1L600 99");
    }
}
