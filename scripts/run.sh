#!/usr/bin/env bash
# Starts a server with the module on a free port of 127.0.0.1, its data in a folder that is removed at
# the end, and opens redis-cli. Ctrl-C ends redis-cli 7.0, but not the server: this script asks before it
# ends that. Without a terminal it plays the README's first session instead and fails if the server
# answers anything else than what is printed there.
#
# SESSIONS_MODULE names a module to load instead of building one; PORT a port to use.
# shellcheck source=scripts/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

scripts/setup.sh run
module=${SESSIONS_MODULE:-$target/release/libsessions.so}
if [ -z "${SESSIONS_MODULE:-}" ]; then
  say "Building the module; the first time takes a few minutes."
  cargo build --release --locked --package sessions
fi

folder=$(mktemp -d)
server=
finish() {
  if [ -n "$server" ]; then
    kill "$server" 2>/dev/null || true
    wait "$server" 2>/dev/null || true
  fi
  rm -rf "$folder"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

# start PORT: whether a server came up there.
start() {
  {
    grep -v '^loadmodule ' redis.conf.example
    printf 'port %s\ndir "%s"\nlogfile "%s"\nloadmodule "%s"\n' "$1" "$folder" "$folder/log" "$module"
  } >"$folder/redis.conf"
  # In a session of its own, so that Ctrl-C in redis-cli does not reach it.
  setsid "${REDIS_SERVER:-redis-server}" "$folder/redis.conf" >"$folder/out" 2>&1 </dev/null &
  server=$!
  while kill -0 "$server" 2>/dev/null; do
    if grep -q 'Ready to accept connections' "$folder/log" 2>/dev/null; then return 0; fi
    sleep 0.05
  done
  server=
  return 1
}

give_up() {
  cat "$folder/out" "$folder/log" >&2 2>/dev/null || true
  die "The server did not start; the lines above say why."
}

for _ in 1 2 3 4 5 6 7 8 9 10; do
  port=${PORT:-$((20000 + RANDOM % 20000))}
  if start "$port"; then break; fi
  if [ -n "${PORT:-}" ] || ! grep -q 'Address already in use' "$folder/log" 2>/dev/null; then give_up; fi
  rm -f "$folder/log"
done
if [ -z "$server" ]; then give_up; fi

if [ ! -t 0 ] || [ ! -t 1 ]; then
  scripts/first-session.sh "$port"
  exit 0
fi

cat <<END

A server with the module runs on 127.0.0.1:$port until you press Ctrl-D twice; then the server and its data
are removed. Type this first, and then what the README shows:

  $(sed -n 's/^redis> //p' README.md | head -n 1)

END
# Not ignored, which redis-cli would inherit: there Ctrl-C ends a command that blocks.
trap : INT
while kill -0 "$server" 2>/dev/null; do
  redis-cli -3 -p "$port" || true
  printf '\nredis-cli has ended, the server still runs. Enter opens redis-cli again; Ctrl-D ends the server. '
  # Ctrl-C interrupts nothing here: only the end of the input ends the loop.
  if ! IFS= read -r; then break; fi
done
printf '\n'
