#!/usr/bin/env bash
# Checks the format and the warnings of the Rust code, and the shell scripts.
# shellcheck source=scripts/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

scripts/setup.sh lint
cargo fmt --check
cargo clippy --locked --all-targets -- -D warnings
shellcheck -x scripts/*.sh .ci/run
