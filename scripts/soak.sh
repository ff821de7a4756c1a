#!/usr/bin/env bash
# Looks for memory leaks and memory errors: after a million mixed commands the server's memory must
# be as before; under valgrind neither a long mixed load with an orderly shutdown nor any end-to-end
# test may show an error or lost memory.
#
#   soak.sh [memory | leaks | tests]…   only these; by default all three
#
# SOAK_COMMANDS sets the number of commands, SESSIONS_SEED repeats a run, SESSIONS_MODULE names a
# module to test instead of building one. REDIS_SERVER names the server; valgrind can only follow it
# if it uses malloc or a shared libjemalloc, as Debian's does.
# shellcheck source=scripts/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

scripts/setup.sh run
have valgrind || die "valgrind is missing. On Debian and Ubuntu: apt-get install valgrind"
folder=$target/soak
mkdir -p "$folder"
if [ -z "${SESSIONS_MODULE:-}" ]; then
  cargo build --release --locked --package sessions
  SESSIONS_MODULE=$target/release/libsessions.so
fi
export SESSIONS_MODULE
build_panicking_module
cargo build --locked --package sessions-to-cluster
cargo test --locked --test e2e --no-run

# An error that servers also have without the module: the compression of long strings in an RDB file
# reads a table that it never clears, and checks the values that it finds.
cat >"$folder/suppressions" <<'END'
{
  table of the server's compression
  Memcheck:Cond
  fun:lzf_compress
}
{
  table of the server's compression
  Memcheck:Value8
  fun:lzf_compress
}
END

# One log per server process; it contains only errors.
cat >"$folder/server" <<END
#!/bin/sh
exec valgrind -q --log-file="$folder/%p.log" --num-callers=30 --keep-debuginfo=yes \\
  --soname-synonyms='somalloc=*jemalloc*' --child-silent-after-fork=yes \\
  --suppressions="$folder/suppressions" \\
  --leak-check=full --show-leak-kinds=definite --errors-for-leak-kinds=definite \\
  "${REDIS_SERVER:-redis-server}" "\$@"
END
chmod +x "$folder/server"

# Under valgrind a server is twenty times slower and would take hours for these tests, or the tests
# start other programs or crash the server on purpose. `leaks` has its own tests of slices and of
# random input.
too_long=()
for tests in commands::slices foul_play random_words reliability::{behind_its_back,crash,memory,predecessors,replication,secrets} \
  a_killall_in_progress_survives peers clients cluster:: in_a_cluster daily sites; do
  too_long+=(--skip "$tests")
done

run() { cargo test --locked --test e2e -- --nocapture "$@"; }

# under_valgrind ARGUMENT…: runs tests on servers under valgrind; fails if a server had an error.
under_valgrind() {
  local status=0 log found=0 servers=0
  rm -f "$folder"/*.log
  SESSIONS_ORDERLY_END=1 REDIS_SERVER=$folder/server run "$@" || status=$?
  for log in "$folder"/*.log; do
    servers=$((servers + 1))
    if [ -s "$log" ]; then
      found=1
      cat "$log"
    fi
  done
  if [ "$found" -ne 0 ]; then die "valgrind found the errors above."; fi
  say "valgrind checked $servers servers and found no errors."
  return "$status"
}

if [ $# -eq 0 ]; then set -- memory leaks tests; fi
for part in "$@"; do
  case $part in
    memory) run --ignored soak::a_million ;;
    leaks) SOAK_COMMANDS=${SOAK_COMMANDS:-50000} under_valgrind --ignored soak::everything ;;
    tests) under_valgrind "${too_long[@]}" ;;
    *) die "usage: soak.sh [memory | leaks | tests]…" ;;
  esac
done
