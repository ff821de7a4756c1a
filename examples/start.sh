#!/usr/bin/env bash
# start.sh python|node|rust: installs what that site needs into its own folder and starts it on
# 127.0.0.1.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

language=${1:-}
case $language in
  python | node | rust) cd "$language" ;;
  *)
    echo "usage: start.sh python|node|rust" >&2
    exit 2
    ;;
esac

case $language in
  python)
    test -x .venv/bin/python || python3 -m venv .venv
    # The list contains the package in clients/python, which may have changed since the last start.
    .venv/bin/pip install --quiet --disable-pip-version-check -r requirements.txt
    site=(.venv/bin/python app.py)
    ;;
  node)
    # Its package is the one in clients/node.
    (
      # shellcheck source=scripts/lib.sh
      source ../../scripts/lib.sh
      use_node_20 || die "Node.js 20 or newer and npm are required"
      build_node_package
    )
    npm ci --install-links --ignore-scripts --no-audit --no-fund --loglevel error
    site=(node app.mjs)
    ;;
  rust)
    cargo build --locked
    site=("${CARGO_TARGET_DIR:-target}/debug/corner-shop")
    ;;
esac
echo "http://127.0.0.1:${PORT:-8080}"
exec "${site[@]}"
