#!/usr/bin/env bash
# The quick checks, for use while you work: format, warnings, unit tests and the replay of the
# inputs of the fuzz targets. It requires no server.
# shellcheck source=scripts/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

scripts/setup.sh build
cargo fmt --all --check
cargo fmt --check --manifest-path fuzz/Cargo.toml
cargo clippy --locked --workspace --all-targets -- -D warnings
cargo test --quiet --locked --workspace --lib --bins
cargo test --quiet --locked --manifest-path fuzz/Cargo.toml --target-dir "$target/fuzz"
