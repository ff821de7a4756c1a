#!/usr/bin/env bash
# connect-redis-sessions-suite.sh FOLDER: runs the 76 tests of connect-redis-sessions 2.1.1,
# unchanged, over the entry of clients/node that takes its place. FOLDER is a checked-out copy of
# its repository:
#
#   git clone https://github.com/mpneuried/connect-redis-sessions FOLDER
#
# This repository contains nothing of it. Its tests require the npm package randoms, which is no
# longer in the registry; a file with the two functions that they call replaces it. The tests
# connect to 127.0.0.1:3005.
#
# SESSIONS_MODULE names a module to use instead of building it.
# shellcheck source=scripts/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

suite=${1:?usage: connect-redis-sessions-suite.sh FOLDER}
suite=$(cd "$OLDPWD" && cd "$suite" && pwd)
version=$(sed -n 's/^ *"version": "\(.*\)",/\1/p' "$suite/package.json")
[ "$version" = 2.1.1 ] || die "$suite has connect-redis-sessions ${version:-without a version}, not 2.1.1"

prepare_for_suite
# The versions that the suite's own package.json asks for.
tools=$SESSIONS_CLIENTS/connect-redis-sessions-suite
mkdir -p "$tools"
npm install --prefix "$tools" --no-audit --no-fund --loglevel error --ignore-scripts coffeescript@1 mocha@10 should@13 \
  request@2 connect@3 express@4.21 body-parser@1 connect-query@1 cookie-parser@1 morgan@1 >&2 </dev/null

folder=$own_folder
mkdir -p "$folder/test" "$folder/node_modules/randoms/dist"
for one in "$tools"/node_modules/*; do ln -s "$one" "$folder/node_modules/"; done
cat >"$folder/node_modules/randoms/dist/str.js" <<'END'
const text = (letters) => (length) =>
  Array.from({ length }, () => letters[Math.floor(Math.random() * letters.length)]).join("");
exports.lower = text("abcdefghijklmnopqrstuvwxyz");
exports.alphaNum = text("abcdefghijklmnopqrstuvwxyz0123456789");
END
# A file in the place of the tests' package loads clients/node, with the server of this run.
cat >"$folder/index.js" <<END
const middleware = require("$package/dist/connect-redis-sessions/index.js");
module.exports = (options) => middleware({ port: $server_port, ...options });
END
"$tools/node_modules/.bin/coffee" --compile --output "$folder/test" "$suite/_src/test" >/dev/null
cd "$folder"
# The suite always ends its process with status 0, so the lines of its output are counted.
{ node "$tools/node_modules/mocha/bin/mocha.js" --require should --reporter tap test/test.js || true; } | tee "$folder/results" |
  grep -E '^(not )?ok|^ ' || true
passed=$(grep -c '^ok ' "$folder/results" || true)
failed=$(grep -c '^not ok ' "$folder/results" || true)
if [ "$passed" != 76 ] || [ "$failed" != 0 ]; then die "$passed of 76 tests passed, $failed failed"; fi
say "All 76 tests passed."
