#!/usr/bin/env bash
# Changes the module's code in one place at a time and tells which changes no test notices: with
# cargo-mutants, which is installed into target/tools if it is missing. Slow: each change is a build
# and a run of tests; all of them take days, so name a sample.
#
#   mutants.sh [--e2e [WORD]…] [OPTION…]
#
# With --e2e the end-to-end tests run too, where unit tests noticed nothing; words name the tests to
# run, of both kinds, as in `cargo test`. Options go to cargo-mutants:
#
#   mutants.sh --shard 0/100                            a hundredth of all changes
#   mutants.sh --file src/store/kill.rs                 one file
#   mutants.sh --e2e commands::kill --re holds_only     by name, with some tests
#   mutants.sh --list --file src/store/kill.rs          only shows the changes
#
# The report is in target/mutants.out; missed.txt has what no test noticed. The code is changed in a
# copy of the repository, whose module the tests load, as they look beside their own program.
# shellcheck source=scripts/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

tests=(--locked --lib)
words=()
if [ "${1:-}" = --e2e ]; then
  tests+=(--test e2e)
  shift
  while [ $# -gt 0 ] && [[ $1 != -* ]]; do
    words+=("$1")
    shift
  done
  scripts/setup.sh run
else
  scripts/setup.sh build
fi
if [ ${#words[@]} -gt 0 ]; then tests+=(-- "${words[@]}"); fi

PATH=$target/tools/bin:$PATH
if ! have cargo-mutants; then
  say "Installing cargo-mutants into $target/tools"
  cargo install --quiet --locked --root "$target/tools" cargo-mutants
fi

# Only for fuzzing and unit tests, or only for the tests of panics.
code=(--workspace --exclude src/offline.rs --exclude src/store/memory.rs --exclude '**/panic.rs')
if [[ " $* " != *" --file "* && " $* " != *" -f "* ]]; then code+=(--file 'src/**' --file 'crates/*/src/**'); fi
# These would lead the tests to another module than the changed one.
unset SESSIONS_MODULE SESSIONS_PANICKING_MODULE CARGO_TARGET_DIR

mkdir -p "$target"
# A change may make tests wait for what never comes: they get three times as long as without it.
status=0
cargo mutants --output "$target" "${code[@]}" --test-workspace true --timeout-multiplier 3 --colors never "$@" -- "${tests[@]}" || status=$?
case $status in
  0) ;;
  2 | 3) say "Changes that no test detected are in $target/mutants.out/missed.txt, changes that made tests hang in timeout.txt." ;;
  *) exit "$status" ;;
esac
