//! Measures the apps for the plots of their overviews, from the start of the service.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::MissedTickBehavior;

use super::counting::{count, users};
use super::home;
use super::samples::{FIRST_INTERVAL, Sample, Samples};
use super::time::MINUTE;
use crate::clock::now;
use crate::state::State;
use crate::store::{Command, Failure};

/// The maximum number of measured apps; each costs two commands every 10 seconds.
const MOST: usize = 100;
/// A user counts as online for this many seconds after their last activity.
const ONLINE: i64 = 5 * MINUTE;

/// The measurements of each app.
#[derive(Default)]
pub struct Measurements(Mutex<BTreeMap<String, Samples>>);

impl Measurements {
    /// The measurements of an app. An app is measured from its first request on.
    pub(super) fn of(&self, app: &str) -> Samples {
        self.include(app);
        self.lock().get(app).cloned().unwrap_or_default()
    }

    fn include(&self, app: &str) {
        let mut apps = self.lock();
        if apps.len() < MOST && !apps.contains_key(app) {
            apps.insert(app.to_owned(), Samples::default());
        }
    }

    fn apps(&self) -> Vec<String> {
        self.lock().keys().cloned().collect()
    }

    fn push(&self, app: &str, sample: Sample) {
        if let Some(samples) = self.lock().get_mut(app) {
            samples.push(sample);
        }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Samples>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Measures until the service ends.
pub fn measure(state: State) {
    #[allow(clippy::cast_sign_loss, reason = "a constant above 0")]
    let mut ticks = tokio::time::interval(Duration::from_secs(FIRST_INTERVAL as u64));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    tokio::spawn(async move {
        loop {
            ticks.tick().await;
            for app in home::named_by_configuration(&state) {
                state.measurements.include(&app);
            }
            for app in state.measurements.apps() {
                // Without a reply the plot has a gap.
                if let Ok(sample) = sample(&app, &state).await {
                    state.measurements.push(&app, sample);
                }
            }
        }
    });
}

async fn sample(app: &str, state: &State) -> Result<Sample, Failure> {
    Ok(Sample {
        at: now(),
        sessions: count(Command::everywhere("SESSIONS.COUNT", app), state).await?,
        users: users(app, ONLINE, state).await?,
    })
}
