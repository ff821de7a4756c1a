#!/usr/bin/env bash
# bench-python.sh [--quick]: measures Django on the Python package in clients/python against
# django-redis' cached sessions, in about two minutes, and prints what it finds. It needs nothing
# else to run on the machine in the meantime. SESSIONS_MODULE names a module to use instead of
# building it.
# shellcheck source=scripts/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

scripts/setup.sh run
build_release_module
scripts/python-package.sh install
"$target/python-package/venv/bin/python" clients/python/bench/bench.py "$@"
