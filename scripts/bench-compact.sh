#!/usr/bin/env bash
# bench-compact.sh: compares the prototype of a compact layout with the present layout and prints
# the tables of docs/compact-layout.md, in about ten minutes.
# shellcheck source=scripts/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

scripts/setup.sh run
build_release_module
cargo bench --locked --package sessions --quiet --bench compact
