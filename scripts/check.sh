#!/usr/bin/env bash
# The quick checks, for use while you work: format, warnings and unit tests. It needs no server.
# shellcheck source=scripts/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

scripts/setup.sh build
cargo fmt --all --check
cargo clippy --locked --workspace --all-targets -- -D warnings
cargo test --quiet --locked --workspace --lib --bins
