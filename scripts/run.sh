#!/usr/bin/env bash
# Starts a server with the module on a free port of 127.0.0.1, its data in a folder that is removed
# at the end, and opens redis-cli. Ctrl-C ends redis-cli 7.0, but not the server: this script asks
# before it ends the server. Without a terminal it plays the README's first session instead and
# fails if the server returns anything other than what is printed there.
#
# SESSIONS_MODULE names a module to load instead of building one; PORT a port to use.
# shellcheck source=scripts/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

scripts/setup.sh run
use_release_build SESSIONS_MODULE sessions libsessions.so
end_with_what_was_started
start_server "$built" "${PORT:-}"

if [ ! -t 0 ] || [ ! -t 1 ]; then
  scripts/first-session.sh "$server_port"
  exit 0
fi

cat <<END

A server with the module runs on 127.0.0.1:$server_port until you press Ctrl-D twice. Then the server and its data
are removed. Type this first, then the commands in the README:

  $(sed -n 's/^redis> //p' README.md | head -n 1)

END
# SIGINT is handled instead of ignored, because redis-cli would inherit that: in redis-cli, Ctrl-C
# ends a command that blocks.
trap : INT
while kill -0 "$server" 2>/dev/null; do
  redis-cli -p "$server_port" || true
  printf '\nredis-cli has ended, the server is still running. Press Enter to open redis-cli again or Ctrl-D to stop the server. '
  # Ctrl-C has no effect here: only the end of the input ends the loop.
  if ! IFS= read -r; then break; fi
done
printf '\n'
