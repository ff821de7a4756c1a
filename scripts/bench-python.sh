#!/usr/bin/env bash
# bench-python.sh [--quick]: compares Django with the Python package in clients/python and Django
# with django-redis' cached sessions, in about two minutes, and prints the results. Nothing else may
# run on the machine during that time. SESSIONS_MODULE names a module to use instead of building it.
# shellcheck source=scripts/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

scripts/setup.sh run
build_release_module
scripts/python-package.sh install
"$target/python-package/venv/bin/python" clients/python/bench/bench.py "$@"
