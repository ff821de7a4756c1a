#!/usr/bin/env bash
# Writes the counters of `INFO sessions` as metrics for Prometheus; see `--help`. It is installed
# alone, so it sources no other script.
set -euo pipefail

usage() {
  cat <<'END'
usage: prometheus-sessions.sh FILE|- [redis-cli option…]

Writes what `INFO sessions` counts as metrics for the textfile collector of Prometheus's node exporter.
FILE (its name ends in .prom) is replaced in one step; - prints the metrics. Run it by cron or a timer,
for example every minute:

  prometheus-sessions.sh /var/lib/prometheus/node-exporter/sessions.prom -h 127.0.0.1 -p 6379

Give a password in the environment, as REDISCLI_AUTH. If the server does not answer, or has not loaded the
module, the file says `sessions_up 0` and the script fails.
END
}

case ${1:-} in
  --help)
    usage
    exit 0
    ;;
  '' | -?*)
    usage >&2
    exit 2
    ;;
esac
file=$1
shift

# Counters only grow until the module is loaded again. Times are in microseconds. All other numbers
# are gauges.
metrics() {
  awk -F: '
    function metric(name, type, value) {
      printf "# TYPE sessions_%s %s\nsessions_%s %s\n", name, type, name, value
    }
    { sub(/\r$/, "") }
    !/^sessions_/ { next }
    { name = substr($1, 10) }
    name == "version" { version = $2; next }
    name == "commit" { commit = $2; next }
    $2 !~ /^[0-9]+$/ { next }
    name ~ /^(created|read|missed|written|rotated|killed|limited|refused|conflicts|graced|moved|audited|wiped|passes)$/ { metric(name "_total", "counter", $2); next }
    sub(/_usec$/, "_seconds", name) { metric(name, "gauge", sprintf("%.6f", $2 / 1000000)); next }
    { metric(name, "gauge", $2) }
    END {
      if (version == "") exit 1
      printf "# TYPE sessions_build_info gauge\n"
      printf "sessions_build_info{version=\"%s\",commit=\"%s\"} 1\n", version, commit
    }
  '
}

write() {
  if [ "$file" = - ]; then
    cat
  else
    cat >"$file.$$" && mv "$file.$$" "$file"
  fi
}

if info=$(redis-cli "$@" INFO sessions) && text=$(metrics <<<"$info"); then
  printf '# TYPE sessions_up gauge\nsessions_up 1\n%s\n' "$text" | write
else
  printf '# TYPE sessions_up gauge\nsessions_up 0\n' | write
  printf 'no INFO sessions from the server: %s\n' "${info:-no reply}" >&2
  exit 1
fi
