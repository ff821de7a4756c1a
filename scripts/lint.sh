#!/usr/bin/env bash
# Checks the format and the warnings of the Rust code, of the packages, of the shell scripts, and of
# the files in packaging and .github.
# shellcheck source=scripts/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

scripts/setup.sh lint
cargo fmt --all --check
cargo clippy --locked --workspace --all-targets -- -D warnings
cargo fmt --check --manifest-path fuzz/Cargo.toml
# Nothing is linked, so libFuzzer is not built.
CUSTOM_LIBFUZZER_PATH=/none/libnone.a cargo clippy --locked --manifest-path fuzz/Cargo.toml \
  --target-dir "$target/fuzz" --all-targets --all-features -- -D warnings
cargo fmt --check --manifest-path examples/rust/Cargo.toml
shellcheck -x scripts/*.sh examples/start.sh tests/peers-races/run.sh .ci/run
scripts/lint-packaging.sh
scripts/node-package.sh lint
scripts/php-package.sh lint
scripts/python-package.sh lint
