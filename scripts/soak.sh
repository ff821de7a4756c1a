#!/usr/bin/env bash
# Looks for memory that is lost or misused: a million mixed commands must leave the server's memory
# where it was; under valgrind neither a long mixed load, ended in order, nor any end-to-end test
# may show an error or lost memory.
#
#   soak.sh [memory | leaks | tests]…   only these; by default all three
#
# SOAK_COMMANDS changes how many commands, SESSIONS_SEED repeats a run, SESSIONS_MODULE names a
# module to test instead of building one. REDIS_SERVER names the server; it must allocate by malloc,
# or by a shared libjemalloc as Debian's does, for valgrind to follow.
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

# What servers do without the module too: the compression of long strings in an RDB file looks into
# a table that it never clears, and checks what it finds there.
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

# A log for each server process; only errors are written.
cat >"$folder/server" <<END
#!/bin/sh
exec valgrind -q --log-file="$folder/%p.log" --num-callers=30 --keep-debuginfo=yes \\
  --soname-synonyms='somalloc=*jemalloc*' --child-silent-after-fork=yes \\
  --suppressions="$folder/suppressions" \\
  --leak-check=full --show-leak-kinds=definite --errors-for-leak-kinds=definite \\
  "${REDIS_SERVER:-redis-server}" "\$@"
END
chmod +x "$folder/server"

# Twenty times slower, a server takes hours for these tests, or they start other programs or crash
# the server on purpose; `leaks` has slices and rubbish of its own.
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
