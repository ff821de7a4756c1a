#!/usr/bin/env bash
# rest-sessions-suite.sh FOLDER: runs the 18 tests of rest-sessions 2.0.1, unchanged, against the
# routes that sessions-http serves in its place. FOLDER is a checked-out copy of its repository, in
# which `npm install` has run:
#
#   git clone https://github.com/smrchy/rest-sessions FOLDER
#   cd FOLDER && npm install
#
# The package is no longer in the npm registry, and this repository contains nothing of it. The
# script starts a Redis server with the module and a service for the tests, which connect to
# 127.0.0.1:8101.
#
# SESSIONS_MODULE and SESSIONS_SERVICE name a module and a service to use instead of building them.
# shellcheck source=scripts/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

suite=${1:?usage: rest-sessions-suite.sh FOLDER}
suite=$(cd "$OLDPWD" && cd "$suite" && pwd)
version=$(sed -n 's/^ *"version": "\(.*\)",/\1/p' "$suite/package.json")
[ "$version" = 2.0.1 ] || die "$suite has rest-sessions ${version:-of no version}, not 2.0.1"
mocha=$suite/node_modules/.bin/mocha
[ -x "$mocha" ] || die "$mocha is missing; run this first: cd $suite && npm install"

scripts/setup.sh run
for program in curl node; do
  have "$program" || die "$program is missing. On Debian: apt-get install curl nodejs"
done
module=${SESSIONS_MODULE:-$target/debug/libsessions.so}
service=${SESSIONS_SERVICE:-$target/debug/sessions-http}
if [ -z "${SESSIONS_MODULE:-}" ]; then cargo build --quiet --locked --package sessions; fi
if [ -z "${SESSIONS_SERVICE:-}" ]; then cargo build --quiet --locked --package sessions-http; fi

end_with_what_was_started
folder=$own_folder
start_server "$module"
cat >"$folder/sessions-http.toml" <<END
listen = "unix:$folder/service"
no-auth = true
[redis]
url = "redis://127.0.0.1:$server_port"
[legacy]
listen = "127.0.0.1:8101"
END
"$service" --config "$folder/sessions-http.toml" >"$folder/service.log" 2>&1 &
running=$!
started+=("$running")
until curl --silent --fail --output /dev/null http://127.0.0.1:8101/ping; do
  kill -0 "$running" 2>/dev/null || {
    cat "$folder/service.log" >&2
    die "The service did not start; see the lines above."
  }
  sleep 0.1
done

# The tests load the server from ../app and call its listen(). The service listens already.
cp -r "$suite/test" "$folder/test"
ln -s "$suite/node_modules" "$folder/node_modules"
printf 'exports.listen = (port, ready) => ready();\n' >"$folder/app.js"
# The suite always ends its process with status 0, so the lines of its output are counted.
cd "$folder"
{ "$mocha" --reporter tap test/test.js || true; } | tee "$folder/results"
passed=$(grep -c '^ok ' "$folder/results" || true)
failed=$(grep -c '^not ok ' "$folder/results" || true)
if [ "$passed" != 18 ] || [ "$failed" != 0 ]; then die "$passed of 18 tests passed, $failed failed"; fi
say "All 18 tests passed."
