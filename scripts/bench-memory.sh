#!/usr/bin/env bash
# bench-memory.sh [PART…]: prints the tables of docs/memory.md, for the server program in
# REDIS_SERVER or the first one in PATH, in about four minutes. The parts are parts, settings,
# cluster and price. `scripts/test-servers.sh fetch redis-8.2` prints the path of another server.
# shellcheck source=scripts/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

scripts/setup.sh run
build_release_module
cargo bench --locked --package sessions --quiet --bench memory -- "$@"
