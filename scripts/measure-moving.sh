#!/usr/bin/env bash
# measure-moving.sh [SESSIONS…]: measures the seconds and the memory that sessions-to-cluster takes
# from a server to a cluster of three nodes, all on this machine: a dry run with each of these
# numbers of sessions (100000), then, with the last number, a copy, another copy and the removal of
# all sessions. The figures are in docs/moving-to-a-cluster.md. SESSIONS_TOOL names another tool
# than the one that `make build` has built.
# shellcheck source=scripts/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

sizes=("${@:-100000}")
module=${SESSIONS_MODULE:-$target/release/libsessions.so}
tool=${SESSIONS_TOOL:-$target/release/sessions-to-cluster}
server=${REDIS_SERVER:-redis-server}
for built in "$module" "$tool"; do
  [ -f "$built" ] || die "$built is missing; run this first: make build"
done

end_with_what_was_started
folder=$own_folder

# start PORT SETTING…: starts a server without persistence.
start() {
  local port=$1
  shift
  mkdir -p "$folder/$port"
  "$server" --port "$port" --dir "$folder/$port" --save '' --logfile log --loadmodule "$module" "$@" &
  started+=($!)
  until redis-cli -p "$port" ping >/dev/null 2>&1; do sleep 0.1; done
}

# measured WORD…: runs the tool and prints a line of the table.
measured() {
  local pid began peak=0 now
  began=$(date +%s.%N)
  "$tool" "$@" redis://127.0.0.1:7600 redis://127.0.0.1:7601 >"$folder/out" &
  pid=$!
  # Linux reports the peak as long as the process runs.
  while now=$(awk '/^VmHWM/ { print $2 }' "/proc/$pid/status" 2>/dev/null) && [ -n "$now" ]; do
    peak=$now
    sleep 0.02
  done
  wait "$pid" || cat "$folder/out" >&2
  awk -v what="$*" -v began="$began" -v now="$(date +%s.%N)" -v peak="$peak" \
    'BEGIN { printf "%-24s %8.1f s %8.1f MB\n", what == "" ? "(no option)" : what, now - began, peak / 1024 }'
}

start 7600
for port in 7601 7602 7603; do
  start "$port" --cluster-enabled yes --cluster-port "$((port + 100))"
done
redis-cli --cluster create 127.0.0.1:760{1,2,3} --cluster-yes >/dev/null
until redis-cli -p 7601 cluster info | grep -q cluster_state:ok; do sleep 0.1; done

# create FIRST END: creates sessions of these users.
create() {
  say "Creating sessions up to $2"
  awk -v first="$1" -v end="$2" 'BEGIN {
    data = "{\"name\":\"Somebody\",\"cart\":\"one of these, two of those\",\"theme\":\"dark\",\"n\":1}"
    for (n = first; n < end; n++)
      printf "*5\r\n$15\r\nSESSIONS.CREATE\r\n$3\r\nweb\r\n$%d\r\nuser%d\r\n$4\r\nDATA\r\n$%d\r\n%s\r\n", length("user" n), n, length(data), data
  }' | redis-cli -p 7600 --pipe >/dev/null
}

created=0
for size in "${sizes[@]}"; do
  create "$created" "$size"
  created=$size
  measured --dry-run
done
measured
measured
redis-cli -p 7600 sessions.killall web >/dev/null
measured --mirror --force --app=web
