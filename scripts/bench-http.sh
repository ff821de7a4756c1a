#!/usr/bin/env bash
# bench-http.sh [--quick]: measures everything in docs/benchmarks-http.md and writes the page again,
# in about eleven minutes; --quick measures less in two minutes and writes to target/bench. Nothing
# else may run on the machine during that time.
#
# REST_SESSIONS names the folder of a checked-out copy of rest-sessions 2.0.1, in which `npm
# install` has run. The package is no longer in the npm registry, and this repository contains
# nothing of it:
#
#   git clone https://github.com/smrchy/rest-sessions /tmp/rest-sessions
#   (cd /tmp/rest-sessions && npm install)
#   make bench-http REST_SESSIONS=/tmp/rest-sessions
# shellcheck source=scripts/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

scripts/setup.sh run
for program in node nginx wrk; do
  have "$program" || [ -x "/usr/sbin/$program" ] || die "$program is missing. On Debian: apt-get install nodejs nginx-light wrk"
done
PATH="$PATH:/usr/sbin"
export REST_SESSIONS=${REST_SESSIONS:?names the folder of rest-sessions 2.0.1: the comment in scripts/bench-http.sh says how to get it}
grep -q '"version": "2.0.1"' "$REST_SESSIONS/package.json" || die "$REST_SESSIONS is not rest-sessions 2.0.1"
[ -d "$REST_SESSIONS/node_modules" ] || die "Run this first: cd $REST_SESSIONS && npm install"

say "Building the module, the service and the benchmarks"
cargo build --release --locked --quiet --package sessions --package sessions-http
cargo bench --locked --package sessions --quiet --profile dev --bench http --no-run
export SESSIONS_MODULE=${SESSIONS_MODULE:-$target/release/libsessions.so}
export SESSIONS_SERVICE=${SESSIONS_SERVICE:-$target/release/sessions-http}

# The measured program gets the first CPU to itself where that matters; everything else runs on the
# second.
pinned=()
if have taskset && [ "$(nproc --all)" -ge 2 ]; then pinned=(taskset -c 1); fi
ulimit -n 8192
"${pinned[@]}" cargo bench --locked --package sessions --quiet --profile dev --bench http -- "$@"
