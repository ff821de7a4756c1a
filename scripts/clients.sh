#!/usr/bin/env bash
# Installs the clients for the tests into target/clients: packages from npm, packages from PyPI in
# virtual environments, and the example site in Rust. Installs the package in clients/python into
# target/python-package. The clients for PHP and Go come from the system (setup.sh).
# shellcheck source=scripts/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

mkdir -p "$SESSIONS_CLIENTS"

# same_as NAME FILE…: whether the folder was filled from exactly these lists.
same_as() { cat "${@:2}" | cmp -s - "$SESSIONS_CLIENTS/$1/installed"; }

done_with() { cat "${@:2}" >"$SESSIONS_CLIENTS/$1/installed"; }

# from_npm NAME FOLDER [FILE…]: the packages of the lock file in FOLDER; FILE… are the files of the
# package in clients/node, if the lock file includes it. That package is installed as a copy, as if
# it came from the registry.
from_npm() {
  local lists=("$2/package.json" "$2/package-lock.json" "${@:3}") list
  if ! have node || ! have npm || same_as "$1" "${lists[@]}"; then return 0; fi
  say "Installing Node.js packages into $SESSIONS_CLIENTS/$1"
  mkdir -p "$SESSIONS_CLIENTS/$1"
  for list in package.json package-lock.json; do
    sed "s|file:[./]*/clients/node|file:$PWD/clients/node|" "$2/$list" >"$SESSIONS_CLIENTS/$1/$list"
  done
  (cd "$SESSIONS_CLIENTS/$1" && npm ci --install-links --ignore-scripts --no-audit --no-fund --loglevel error) >&2 </dev/null
  done_with "$1" "${lists[@]}"
}

# from_pypi NAME LIST [FILE…]: a virtual environment with the packages of the list; the files are
# those of the package in clients/python, if it is one of them.
from_pypi() {
  local lists=("${@:2}")
  if ! have python3 || same_as "$1" "${lists[@]}"; then return 0; fi
  say "Installing Python packages into $SESSIONS_CLIENTS/$1"
  rm -rf "${SESSIONS_CLIENTS:?}/$1"
  python3 -m venv "$SESSIONS_CLIENTS/$1"
  "$SESSIONS_CLIENTS/$1/bin/pip" install --quiet --disable-pip-version-check \
    -r <(sed "s|^[./]*/clients/python$|$PWD/clients/python|" "$2") >&2
  done_with "$1" "${lists[@]}"
}

from_npm node tests/e2e/clients/node
from_npm sites tests/e2e/sites/node
from_npm admin tests/http/admin/node
if use_node_20; then
  build_node_package
  mapfile -t files < <(find clients/node/package.json clients/node/dist -type f | sort)
  from_npm node-site examples/node "${files[@]}"
  from_npm frameworks tests/http/frameworks/node "${files[@]}"
fi
from_pypi python tests/e2e/clients/requirements.txt
mapfile -t files < <(find clients/python/pyproject.toml clients/python/src -type f -not -name '*.pyc' | sort)
from_pypi python-site examples/python/requirements.txt "${files[@]}"
scripts/python-package.sh install

# The test builds it again, offline, if its source has changed.
say "Building the example site in Rust"
cargo build --quiet --locked --manifest-path examples/rust/Cargo.toml --target-dir "$SESSIONS_CLIENTS/rust-site"
