#!/usr/bin/env bash
# store-suite.sh FRAMEWORK FOLDER: runs the tests of a session framework, unchanged, over its store
# in clients/node. FRAMEWORK is express-session, fastify-session or koa-session; FOLDER is a
# checked-out copy of its repository, in which `npm install` has run:
#
#   git clone https://github.com/expressjs/session FOLDER     # 1.19.0
#   git clone https://github.com/fastify/session FOLDER       # 11.1
#   git clone https://github.com/koajs/session FOLDER         # 7.0.2
#
# This repository contains nothing of them. The tests run in a copy of the folder in which a file
# that loads the store of clients/node replaces the tests' store in memory. Failures that the README
# of clients/node explains are expected; any other failure fails the run.
#
# SESSIONS_MODULE names a module to use instead of building it.
# shellcheck source=scripts/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

usage='usage: store-suite.sh express-session|fastify-session|koa-session FOLDER'
framework=${1:?$usage}
suite=${2:?$usage}
suite=$(cd "$OLDPWD" && cd "$suite" && pwd)
[ -d "$suite/node_modules" ] || die "$suite/node_modules is missing; run this first: cd $suite && npm install"

prepare_for_suite
folder=$own_folder
for part in index.js lib session src test package.json tsconfig.json __snapshots__; do
  if [ -e "$suite/$part" ]; then cp -r "$suite/$part" "$folder/"; fi
done
ln -s "$suite/node_modules" "$folder/node_modules"

# connected ENTRY: JavaScript that makes `client` and `SessionsStore`.
connected() {
  cat <<END
const { createClient } = require("$package/node_modules/redis");
const client = createClient({ socket: { port: $server_port } });
client.on("error", () => {});
client.connect().then(() => client.unref());
let apps = 0;
const options = () => ({ client, app: \`suite\${process.pid}-\${apps++}\`, ttl: 3600 });
const load = () => require("$package/dist/$1/index.js").SessionsStore;
END
}

cd "$folder"
case $framework in
  express-session)
    {
      connected express
      cat <<'END'
// The store has to extend the Store of the copy that is tested.
const Module = require("node:module");
const find = Module._resolveFilename;
Module._resolveFilename = function (name, ...rest) {
  return name === "express-session" ? require.resolve("../index.js") : find.call(this, name, ...rest);
};
module.exports = function MemoryStore() {
  return new (load())(options());
};
END
    } >session/memory.js
    expected=$(
      cat <<'END'
session() when session expired in store should create a new session
session() when session expired in store should have a new sid
session() when session expired in store should not exist in store
session() when session without cookie property in store should pass error from inflate
END
    )
    run=(node_modules/.bin/mocha --require test/support/env --exit --reporter tap test/session.js)
    ;;
  fastify-session)
    {
      connected fastify
      printf 'module.exports = function TestStore() {\n  return new (load())(options());\n};\n'
    } >test/TestStore.js
    expected=$(printf '%s\n' 'should save the session properly' 'should support multiple secrets')
    run=(node --test --test-reporter=tap test/*.test.js)
    ;;
  koa-session)
    {
      connected koa
      printf 'module.exports = new (load())(options());\n'
    } >test/ours.cjs
    printf 'declare const store: any;\nexport = store;\n' >test/ours.d.cts
    printf 'import store from "./ours.cjs";\n\nexport default store;\n' >test/store.ts
    cat >test/store_with_ctx.ts <<'END'
import store from './store.js';

const told = (what: string, run: string) => (...args: any[]) => {
  args.at(-1).ctx.state.test = what;
  return store[run](...args);
};

export default { get: told('get', 'get'), set: told('set', 'set'), destroy: told('destroyed', 'destroy') };
END
    cat >test/context_store.ts <<'END'
import store from './store.js';

export default class ContextStore {
  ctx: any;
  constructor(ctx: any) { this.ctx = ctx; }
  get(key: string, maxAge: any) { return store.get(key, maxAge, { ctx: this.ctx }); }
  set(key: string, value: any, maxAge: any) { return store.set(key, value, maxAge, { ctx: this.ctx }); }
  destroy(key: string) { return store.destroy(key); }
}
END
    # These tests do not wait for a save, whose cookie can come after the response: mocha then also
    # reports the hook that runs at that moment.
    expected=$(
      cat <<'END'
Koa Session External Context Store session .save() should save session
Koa Session External Store session .save() should save session
"after each" hook: clearCurrentTest in "{root}"
END
    )
    run=(env TEST_REPORTER=tap node_modules/.bin/egg-bin test --no-mochawesome)
    ;;
  *) die "$usage" ;;
esac

"${run[@]}" >results 2>&1 || true
passed=$(grep -cE '^ *ok [0-9]+ ' results || true)
failures=$(sed -nE 's/^ *not ok [0-9]+ (- )?//p' results)
unexpected=$(printf '%s\n' "$failures" | grep -vxF -e "$expected" | grep . || true)
if [ -n "$unexpected" ] || [ "$passed" -lt 100 ]; then
  cat results >&2
  die "$passed tests passed, these failed unexpectedly: $unexpected"
fi
say "$passed tests passed. Expected to fail:" "$failures"
