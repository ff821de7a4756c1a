#!/usr/bin/env bash
# node-package.sh test|lint: builds and tests, or checks, the npm package in clients/node with
# Node.js 20 or newer. Without Node.js or npm, the script reports that it skips the package, or
# fails if SESSIONS_NO_SKIP is set. SESSIONS_MODULE names a module to use instead of building it.
# shellcheck source=scripts/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

purpose=${1:?usage: node-package.sh test|lint}
mkdir -p "$SESSIONS_CLIENTS"

if ! use_node_20; then
  if [ -n "${SESSIONS_NO_SKIP:-}" ]; then die "Node.js 20 or npmis missing, and no test may be skipped"; fi
  say "skipped, node-20: $purpose of clients/node"
  echo "node-20: $purpose of clients/node" >>"$SESSIONS_CLIENTS/skipped"
  exit 0
fi

if [ "$purpose" = test ] && [ -z "${SESSIONS_MODULE:-}" ]; then
  cargo build --quiet --locked --package sessions --lib
  export SESSIONS_MODULE=$target/debug/libsessions.so
fi
build_node_package
cd "$package"
case $purpose in
  test) node --test test/*.test.mjs ;;
  lint) npm run --silent lint ;;
  *) die "usage: node-package.sh test|lint" ;;
esac
