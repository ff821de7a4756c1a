#!/usr/bin/env bash
# Installs the client libraries that the tests drive into target/clients: npm's packages and, in a
# virtual environment, PyPI's. PHP's and Go's come from the system (setup.sh).
# shellcheck source=scripts/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

from=tests/e2e/clients
mkdir -p "$SESSIONS_CLIENTS"

# same_as NAME FILE…: whether the library was installed from just these lists.
same_as() { cat "${@:2}" | cmp -s - "$SESSIONS_CLIENTS/$1/installed"; }

done_with() { cat "${@:2}" >"$SESSIONS_CLIENTS/$1/installed"; }

node_lists=("$from/node/package.json" "$from/node/package-lock.json")
if have node && have npm && ! same_as node "${node_lists[@]}"; then
  say "Installing Node.js packages into $SESSIONS_CLIENTS/node"
  mkdir -p "$SESSIONS_CLIENTS/node"
  cp "${node_lists[@]}" "$SESSIONS_CLIENTS/node/"
  (cd "$SESSIONS_CLIENTS/node" && npm ci --ignore-scripts --no-audit --no-fund --loglevel error) >&2 </dev/null
  done_with node "${node_lists[@]}"
fi

python_list=$from/requirements.txt
if have python3 && ! same_as python "$python_list"; then
  say "Installing Python packages into $SESSIONS_CLIENTS/python"
  rm -rf "$SESSIONS_CLIENTS/python"
  python3 -m venv "$SESSIONS_CLIENTS/python"
  "$SESSIONS_CLIENTS/python/bin/pip" install --quiet --disable-pip-version-check -r "$python_list" >&2
  done_with python "$python_list"
fi
