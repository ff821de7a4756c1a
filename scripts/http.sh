#!/usr/bin/env bash
# Starts a server with the module, as run.sh does, and the HTTP service sessions-http on
# 127.0.0.1:8081 or, where that is taken, on a free port, with a key made for this run. Prints the
# address of the admin page, the key and a first request. Without a terminal it sends the first
# requests of docs/http.md instead and fails if the service returns anything other than what is
# printed there.
#
# SESSIONS_MODULE and SESSIONS_SERVICE name a module and a service to run instead of building them;
# PORT is the service's port.
# shellcheck source=scripts/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

scripts/setup.sh http
use_release_build SESSIONS_MODULE sessions libsessions.so
module=$built
use_release_build SESSIONS_SERVICE sessions-http sessions-http
program=$built
end_with_what_was_started
start_server "$module"

made=$("$program" new-key make-http)
key=$(grep '^shk_' <<<"$made")
umask 077
{
  printf '[redis]\nurl = "redis://127.0.0.1:%s"\n\n' "$server_port"
  sed -n '/^\[\[keys\]\]/,$p' <<<"$made"
} >"$own_folder/sessions-http.toml"

# try_service PORT: whether the service came up on that port; its process id is in $service.
try_service() {
  export SESSIONS_HTTP_LISTEN=127.0.0.1:$1 SESSIONS_HTTP_CONFIG=$own_folder/sessions-http.toml
  setsid "$program" >"$own_folder/http.log" 2>&1 </dev/null &
  service=$!
  while kill -0 "$service" 2>/dev/null; do
    # If the port is taken, another service may respond.
    if grep -q '"listening"' "$own_folder/http.log" && "$program" health 2>/dev/null; then return 0; fi
    sleep 0.05
  done
  return 1
}

for number in 1 2 3 4 5 6 7 8 9 10; do
  port=${PORT:-8081}
  if [ -z "${PORT:-}" ] && [ "$number" -gt 1 ]; then port=$((20000 + RANDOM % 20000)); fi
  if try_service "$port"; then
    started+=("$service")
    break
  fi
  if [ -n "${PORT:-}" ] || ! grep -q 'Address already in use' "$own_folder/http.log" || [ "$number" -eq 10 ]; then
    cat "$own_folder/http.log" >&2
    die "The service did not start; see the lines above."
  fi
done
address=http://127.0.0.1:$port

if [ ! -t 0 ] || [ ! -t 1 ]; then
  scripts/first-requests.sh "$address" "$key"
  exit 0
fi

cat <<END

The service runs at $address until you press Ctrl-C; then it, its server and the data are removed.

  The admin page:  $address/admin
  The key:         $key

Type this first, in another terminal, and then what docs/http.md shows:

  KEY=$key
  $(sed -n 's/^\$ //p' docs/http.md | head -n 1 | sed "s|http://127.0.0.1:8081|$address|")

END
# Ctrl-C is the normal end.
trap 'exit 0' INT
wait "$service"
