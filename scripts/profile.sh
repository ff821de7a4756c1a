#!/usr/bin/env bash
# profile.sh [ROW]: counts the instructions that the server executes per operation with callgrind
# and prints the table "Where the time goes" of docs/speed.md, in about two minutes; with ROW, only
# the rows whose name begins with ROW, such as CREATE. The profiles remain in target/profile; to
# read one: callgrind_annotate target/profile/Create.callgrind
# shellcheck source=scripts/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

have valgrind || die "valgrind is missing. On Debian: apt-get install valgrind"
use_release_build SESSIONS_MODULE sessions libsessions.so
export SESSIONS_MODULE=$built SESSIONS_PROFILE=$target/profile SESSIONS_PROFILE_ONLY=${1:-}
rm -rf "$SESSIONS_PROFILE"
mkdir -p "$SESSIONS_PROFILE"

# The benchmark starts this program in the place of the server.
server=${REDIS_SERVER:-redis-server}
cat >"$SESSIONS_PROFILE/server" <<SCRIPT
#!/bin/sh
exec valgrind --quiet --tool=callgrind --instr-atstart=no --callgrind-out-file="$SESSIONS_PROFILE/callgrind.out" $server "\$@"
SCRIPT
chmod +x "$SESSIONS_PROFILE/server"
REDIS_SERVER=$SESSIONS_PROFILE/server cargo test --locked --quiet --package sessions --bench measure -- --instructions
