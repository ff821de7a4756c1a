#!/usr/bin/env bash
# measure-audit.sh [SESSIONS]: measures the cost of the audit stream: the CPU seconds of a server
# that creates this number of sessions of different users (1000000) and ends them by KILLALL. It
# measures `sessions.audit-length` 0 and a length with room for every entry in turn, three times
# each, on a local server without persistence, or with an AOF if AOF=yes. The figures are in
# docs/audit.md.
# shellcheck source=scripts/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

sessions=${1:-1000000}
module=${SESSIONS_MODULE:-$target/release/libsessions.so}
server=${REDIS_SERVER:-redis-server}
[ -f "$module" ] || die "$module is missing; run this first: make build"

folder=$(mktemp -d)
pid=
finish() {
  if [ -n "$pid" ]; then kill "$pid" 2>/dev/null || true; fi
  wait
  rm -rf "$folder"
}
trap finish EXIT
cli() { redis-cli -s "$folder/socket" "$@"; }
# The value of each field of INFO whose name fits a pattern.
info() { cli info everything | tr -d '\r' | awk -F: -v name="^$1\$" '$1 ~ name { print $2 }'; }

say "Writing the commands"
awk -v count="$sessions" 'BEGIN {
  agent = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
  for (n = 0; n < count; n++)
    printf "*7\r\n$15\r\nSESSIONS.CREATE\r\n$3\r\nweb\r\n$%d\r\nuser%d\r\n$2\r\nIP\r\n$11\r\n203.0.113.7\r\n$2\r\nUA\r\n$%d\r\n%s\r\n", length("user" n), n, length(agent), agent
}' >"$folder/create"

# The server's CPU time so far, in seconds; other programs on the machine hardly change it.
worked() { info 'used_cpu_(user|sys)_main_thread' | awk '{ sum += $1 } END { print sum }'; }

create() { cli --pipe <"$folder/create"; }

# The server gets the first core to itself, the clients the others.
pinned=()
if have taskset && [ "$(nproc --all)" -ge 2 ]; then pinned=(taskset -c 0); fi

printf '%-14s %10s %10s %14s %14s\n' audit-length 'create s' 'killall s' 'bytes/entry' 'AOF bytes/kill'
for length in 0 $((2 * sessions)) 0 $((2 * sessions)) 0 $((2 * sessions)); do
  mkdir "$folder/data"
  "${pinned[@]}" "$server" --port 0 --unixsocket "$folder/socket" --dir "$folder/data" --save '' --logfile log \
    --appendonly "${AOF:-no}" --auto-aof-rewrite-percentage 0 --loadmodule "$module" \
    --sessions.audit-length "$length" --sessions.wipe-interval 0 &
  pid=$!
  until cli ping >/dev/null 2>&1; do sleep 0.1; done
  began=$(worked)
  create >/dev/null
  created=$(worked)
  written=$(info aof_current_size)
  cli sessions.killall web >/dev/null
  killed=$(worked)
  entries=$(cli xlen rs:web:_audit)
  awk -v setting="$length" -v began="$began" -v created="$created" -v killed="$killed" \
    -v bytes="$(cli memory usage rs:web:_audit samples 0)" -v entries="$entries" -v sessions="$sessions" \
    -v before="${written:-0}" -v after="$(info aof_current_size)" 'BEGIN {
      aof = after > 0 ? sprintf("%.0f", (after - before) / sessions) : "-"
      entry = entries > 0 ? sprintf("%.0f", bytes / entries) : "-"
      printf "%-14s %10.2f %10.2f %14s %14s\n", setting, created - began, killed - created, entry, aof
    }'
  kill "$pid"
  wait "$pid" || true
  pid=
  rm -rf "$folder/data"
done
