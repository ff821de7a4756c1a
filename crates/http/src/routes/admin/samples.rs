//! The data of the overview's plots: measurements of one app, taken by the service since its start
//! and kept in memory.
//!
//! The number of points is bounded: when there is no room for another one, every second point is
//! dropped and the interval doubles. So the plots always cover the whole time, in steps that fit
//! their width.

use crate::clock::Unix;

/// A measurement of an app.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Sample {
    pub(super) at: Unix,
    pub(super) sessions: u64,
    /// Users that were active within the last 5 minutes.
    pub(super) users: u64,
}

/// Seconds between the first points. The service always measures this often, even if the interval
/// is longer.
pub(super) const FIRST_INTERVAL: i64 = 10;

/// The maximum number of points; even, so that halving is exact.
const CAPACITY: usize = 240;

/// The measurements of one app, oldest first.
#[derive(Clone, Debug)]
pub(super) struct Samples {
    interval: i64,
    points: Vec<Sample>,
}

impl Default for Samples {
    fn default() -> Self {
        Self {
            interval: FIRST_INTERVAL,
            points: Vec::new(),
        }
    }
}

impl Samples {
    /// Adds a measurement, unless the last point is younger than the interval. If the clock was set
    /// back, nothing is added until the time has passed again.
    pub(super) fn push(&mut self, sample: Sample) {
        let due = |last: &Sample| sample.at - last.at >= self.interval;
        if !self.points.last().is_none_or(due) {
            return;
        }
        if self.points.len() == CAPACITY {
            let mut number = 0;
            self.points.retain(|_| {
                number += 1;
                number % 2 == 1
            });
            self.interval *= 2;
        }
        self.points.push(sample);
    }

    pub(super) fn points(&self) -> &[Sample] {
        &self.points
    }

    /// Seconds between two points that follow each other. A longer distance is a gap: nothing was
    /// measured then.
    pub(super) const fn interval(&self) -> i64 {
        self.interval
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(at: Unix) -> Sample {
        Sample {
            at,
            sessions: 0,
            users: 0,
        }
    }

    fn times(samples: &Samples) -> Vec<Unix> {
        samples.points().iter().map(|sample| sample.at).collect()
    }

    #[test]
    fn points_cover_the_whole_time_and_their_number_is_bounded() {
        let mut samples = Samples::default();
        let days = 30 * 86_400;
        for at in (0..days).step_by(10) {
            samples.push(sample(at));
            assert!(samples.points().len() <= CAPACITY);
        }
        let times = times(&samples);
        assert_eq!(times[0], 0);
        assert!(days - times.last().unwrap() <= 2 * samples.interval());
        assert!(times.len() > CAPACITY / 2 - 2, "{}", times.len());
        assert!(
            times.windows(2).all(|pair| pair[1] - pair[0] == samples.interval()),
            "{times:?}"
        );
    }

    #[test]
    fn a_measurement_within_the_interval_is_omitted() {
        let mut samples = Samples::default();
        for at in [100, 105, 110, 119, 121, 90, 131] {
            samples.push(sample(at));
        }
        assert_eq!(times(&samples), [100, 110, 121, 131]);
    }
}
