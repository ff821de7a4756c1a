#!/usr/bin/env bash
# bench-compact.sh: measures the prototype of a compact layout against today's and prints the tables of
# docs/compact-layout.md, in about ten minutes.
# shellcheck source=scripts/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

scripts/setup.sh run
build_release_module
cargo bench --locked --package sessions --quiet --bench compact
