#!/usr/bin/env bash
# measure-hashed.sh [SESSIONS] [ROUNDS]: measures the cost of `sessions.hash-tokens`: the CPU
# microseconds of a server per GET, CREATE and ROTATE of this number of sessions (20000), 32
# commands at a time, without and with the setting. Both servers run on this machine without
# persistence; in each round (15) one is measured right after the other. The figures are in
# docs/hashed-tokens.md.
# shellcheck source=scripts/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

sessions=${1:-20000}
rounds=${2:-15}
module=${SESSIONS_MODULE:-$target/release/libsessions.so}
server=${REDIS_SERVER:-redis-server}
[ -f "$module" ] || die "$module is missing; run this first: make build"

end_with_what_was_started
folder=$own_folder

# The servers get the first core to themselves, the clients the others.
pinned=()
if have taskset && [ "$(nproc --all)" -ge 2 ]; then pinned=(taskset -c 0); fi

for setting in no yes; do
  mkdir "$folder/$setting"
  "${pinned[@]}" "$server" --port 0 --unixsocket "$folder/$setting/socket" --dir "$folder/$setting" --save '' --logfile log \
    --loadmodule "$module" --sessions.hash-tokens "$setting" --sessions.wipe-interval 0 &
  started+=($!)
  until redis-cli -s "$folder/$setting/socket" ping >/dev/null 2>&1; do sleep 0.1; done
done
cli() { redis-cli -s "$folder/$1/socket" "${@:2}"; }

# A server's CPU time so far, in seconds; other programs on the machine hardly change it.
worked() {
  cli "$1" info cpu | tr -d '\r' | awk -F: '/^used_cpu_(user|sys)_main_thread:/ { sum += $2 } END { printf "%.6f", sum }'
}

# The lines of a file as the commands of a pipeline.
protocol() {
  awk '{ printf "*%d\r\n", NF; for (n = 1; n <= NF; n++) printf "$%d\r\n%s\r\n", length($n), $n }' "$1"
}

# Prints one line per command: name, setting, microseconds.
measure() { # name setting file
  protocol "$3" >"$folder/pipeline"
  local before
  before=$(worked "$2")
  cli "$2" --pipe <"$folder/pipeline" >/dev/null
  awk -v name="$1" -v setting="$2" -v before="$before" -v after="$(worked "$2")" -v count="$sessions" \
    'BEGIN { printf "%s %s %.3f\n", name, setting, (after - before) * 1e6 / count }'
}

say "Creating the sessions"
data='{"cart":3,"theme":"dark","seen":"2026-01-01"}'
creations() { awk -v count="$sessions" -v app="$1" -v data="$data" \
  'BEGIN { for (n = 0; n < count; n++) printf "SESSIONS.CREATE %s user%d IP 203.0.113.7 DATA %s\n", app, n, data }'; }
# The replies in redis-cli are the tokens. These sessions have no data, because redis-cli removes
# quotation marks from a line.
tokens() { creations "$2" | sed 's/ DATA .*//' | cli "$1"; }
for setting in no yes; do
  tokens "$setting" web | sed 's/^/SESSIONS.GET web /' >"$folder/$setting/get"
  creations new >"$folder/$setting/create"
done

for ((round = 0; round < rounds; round++)); do
  order=(no yes)
  if ((round % 2)); then order=(yes no); fi
  for setting in "${order[@]}"; do
    tokens "$setting" rotated | sed 's/^/SESSIONS.ROTATE rotated /' >"$folder/$setting/rotate"
  done
  for name in get create rotate; do
    for setting in "${order[@]}"; do measure "$name" "$setting" "$folder/$setting/$name"; done
  done
  for setting in no yes; do
    for app in new rotated; do cli "$setting" sessions.killall "$app" >/dev/null; done
  done
done >"$folder/measured"

of() { awk -v name="$1" -v setting="$2" '$1 == name && $2 == setting { print $3 }' "$folder/measured"; }
# The lowest and the quartiles of sorted numbers, one per line.
lowest() { of "$1" "$2" | sort -n | head -1; }
quartiles() { sort -n | awk '{ all[NR] = $1 } END { for (part = 1; part < 4; part++) printf " %8.3f", all[int((NR - 1) * part / 4) + 1] }'; }
printf '%-8s %10s %10s %8s   %s\n' '' 'lowest: no' 'yes' ratio 'quartiles of the ratios'
for name in get create rotate; do
  paste <(of "$name" no) <(of "$name" yes) | awk '{ print $2 / $1 }' >"$folder/ratios"
  awk -v name="$name" -v no="$(lowest "$name" no)" -v yes="$(lowest "$name" yes)" -v quartiles="$(quartiles <"$folder/ratios")" \
    'BEGIN { printf "%-8s %10.2f %10.2f %8.3f   %s\n", name, no, yes, yes / no, quartiles }'
done
