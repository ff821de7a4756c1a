#!/usr/bin/env bash
# Runs all tests. With arguments, runs only `cargo test` with them, without the inputs of the fuzz
# targets and the tests of the packages in clients. A test whose requirement is missing, such as a
# client, is skipped and listed at the end, or fails if SESSIONS_NO_SKIP is set.
# shellcheck source=scripts/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

scripts/setup.sh test
scripts/clients.sh
build_panicking_module
# The tests use the package if it exists; if no test may be skipped, the script builds it.
if [ -n "${SESSIONS_NO_SKIP:-}" ]; then scripts/package.sh --debug; fi

# A test that drives a server waits most of the time, so two per core keep the cores busy.
export RUST_TEST_THREADS=${RUST_TEST_THREADS:-$(($(nproc) * 2))}

skipped=$SESSIONS_CLIENTS/skipped
rm -f "$skipped"
status=0
cargo test --locked "$@" || status=$?
if [ $# -eq 0 ]; then
  cargo test --locked --manifest-path fuzz/Cargo.toml --target-dir "$target/fuzz" || status=$?
  scripts/node-package.sh test || status=$?
  scripts/php-package.sh test || status=$?
  scripts/python-package.sh test || status=$?
fi
if [ -s "$skipped" ]; then
  say "" "Skipped because a requirement is not installed:"
  sort -u "$skipped" | sed 's/^/  /' >&2
fi
exit "$status"
