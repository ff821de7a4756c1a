//! The metrics in Prometheus' text format.

use std::sync::OnceLock;
use std::time::Duration;

use axum_server::Control;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};

/// Upper bounds of the latency histograms, in seconds.
const BUCKETS: [f64; 12] = [
    0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 2.5,
];
/// How often the exporter aggregates the recorded values.
const UPKEEP: Duration = Duration::from_secs(5);

static HANDLE: OnceLock<PrometheusHandle> = OnceLock::new();
static CONTROL: OnceLock<Control> = OnceLock::new();

pub(super) fn install() -> Result<(), String> {
    let builder = PrometheusBuilder::new()
        .set_buckets(&BUCKETS)
        .map_err(|error| error.to_string())?;
    let handle = builder.install_recorder().map_err(|error| error.to_string())?;
    let _ = HANDLE.set(handle);
    metrics::describe_counter!("sessions_http_requests_total", "Requests by route, method and status");
    metrics::describe_histogram!(
        "sessions_http_request_seconds",
        "Time from the request head to the response"
    );
    metrics::describe_histogram!(
        "sessions_http_redis_seconds",
        "Time from sending a command to its reply"
    );
    metrics::describe_counter!(
        "sessions_http_redis_failures_total",
        "Commands without a reply or with an error reply, by kind of error"
    );
    metrics::describe_gauge!("sessions_http_redis_servers", "Redis servers with a working connection");
    metrics::describe_counter!("sessions_http_keys_refused_total", "Requests without a valid key");
    metrics::describe_counter!(
        "sessions_http_auth_values_left_out_total",
        "Values omitted from responses to gateways because the headers of the app were full"
    );
    metrics::describe_gauge!("sessions_http_connections", "Open connections of clients");
    Ok(())
}

/// Aggregates the recorded values, and adds the connections of `control` to the exposition.
pub(super) fn watch(control: Control) {
    let _ = CONTROL.set(control);
    tokio::spawn(async move {
        loop {
            tokio::time::sleep(UPKEEP).await;
            if let Some(handle) = HANDLE.get() {
                handle.run_upkeep();
            }
        }
    });
}

/// Empty before the service has started.
pub fn rendered() -> String {
    if let Some(control) = CONTROL.get() {
        #[allow(clippy::cast_precision_loss, reason = "connections are far below 2^52")]
        metrics::gauge!("sessions_http_connections").set(control.connection_count() as f64);
    }
    HANDLE.get().map(PrometheusHandle::render).unwrap_or_default()
}
