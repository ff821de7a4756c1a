#!/usr/bin/env bash
# bench-compact.sh [PART…]: compares the prototype of a compact layout with the present layout and
# prints the tables of docs/compact-layout.md, for the server program in REDIS_SERVER or the first
# one in PATH, in about twenty minutes. The parts are inside, indexes, 200, 1000, 4000 and crowd.
# shellcheck source=scripts/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

scripts/setup.sh run
build_release_module
cargo bench --locked --package sessions --quiet --bench compact -- "$@"
