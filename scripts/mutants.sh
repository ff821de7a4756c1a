#!/usr/bin/env bash
# Changes the module's code in one place at a time and reports the changes that no test notices. It
# uses cargo-mutants, which is installed into target/tools if it is missing. Each change takes a
# build and a run of tests, and all changes take days, so select a sample.
#
#   mutants.sh [--e2e [WORD]…] [OPTION…]
#
# With --e2e the end-to-end tests run, too, if no unit test noticed the change; words select the
# tests of both kinds, as in `cargo test`. Options go to cargo-mutants:
#
#   mutants.sh --shard 0/100                            a hundredth of all changes
#   mutants.sh --file src/store/kill.rs                 one file
#   mutants.sh --e2e commands::kill --re holds_only     by name, with some tests
#   mutants.sh --list --file src/store/kill.rs          only shows the changes
#
# The report is in target/mutants.out; missed.txt lists the changes that no test noticed. The code
# is changed in a copy of the repository. The tests load the module of that copy, because they look
# for it next to their own program.
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

# Code that is only for fuzzing and unit tests, or only for the tests of panics.
code=(--workspace --exclude src/offline.rs --exclude src/store/memory.rs --exclude '**/panic.rs')
if [[ " $* " != *" --file "* && " $* " != *" -f "* ]]; then code+=(--file 'src/**' --file 'crates/*/src/**'); fi
# With these variables the tests would load another module than the changed one.
unset SESSIONS_MODULE SESSIONS_PANICKING_MODULE CARGO_TARGET_DIR

mkdir -p "$target"
# A change may make tests wait for something that never comes: the limit is three times the duration
# without a change.
status=0
cargo mutants --output "$target" "${code[@]}" --test-workspace true --timeout-multiplier 3 --colors never "$@" -- "${tests[@]}" || status=$?
case $status in
  0) ;;
  2 | 3) say "Changes that no test detected are in $target/mutants.out/missed.txt, changes that made tests hang in timeout.txt." ;;
  *) exit "$status" ;;
esac
