#!/usr/bin/env bash
# python-package.sh test|lint|install: builds and tests, or checks, the Python package in
# clients/python with Python 3.11 or newer, or installs it into target/python-package/venv. The
# package itself works with 3.10; tools of its tests do not. Without Python 3.11, the script reports
# that it skips the package, or fails if SESSIONS_NO_SKIP is set. SESSIONS_MODULE and SESSIONS_HTTP
# name the module and the HTTP service to use instead of building them. Arguments behind `test` go
# to pytest.
# shellcheck source=scripts/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

purpose=${1:?usage: python-package.sh test|lint|install}
shift
package=$PWD/clients/python
list=$package/requirements-dev.txt
# The tools and packages for the tests and checks. A separate folder has the oldest versions that
# the package works with, and the parser of replies in C, which redis-py uses if it is installed.
tools=$SESSIONS_CLIENTS/python-package
oldest=(redis==6.0.0 Flask==3.0.0 starlette==0.40.0 hiredis==3.5.0)
# Django's own tests of sessions are only in its source distribution.
django="Django==5.2.19 --hash=sha256:ad03d8abc51dbff95ebf34b27123cf0c26a3b62db7ba0cd520783686362533d1"
# The package as a user installs it.
clean=$target/python-package
mkdir -p "$SESSIONS_CLIENTS"

new_enough() { have python3 && python3 -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }

if ! new_enough; then
  if [ -n "${SESSIONS_NO_SKIP:-}" ]; then die "Python 3.11 or its venvis missing, and no test may be skipped"; fi
  say "skipped, python-3.11: $purpose of clients/python"
  echo "python-3.11: $purpose of clients/python" >>"$SESSIONS_CLIENTS/skipped"
  exit 0
fi

install_tools() {
  local wanted
  wanted=$(cat "$list" && echo "${oldest[*]}" && echo "$django")
  if [ "$wanted" = "$(cat "$tools/installed" 2>/dev/null)" ]; then return; fi
  say "Installing Python packages into $tools"
  rm -rf "$tools"
  python3 -m venv "$tools"
  "$tools/bin/pip" install --quiet --disable-pip-version-check -r "$list" >&2
  "$tools/bin/pip" install --quiet --disable-pip-version-check --no-deps --target "$tools/oldest" "${oldest[@]}" >&2
  mkdir "$tools/django"
  "$tools/bin/pip" download --quiet --disable-pip-version-check --no-deps --no-binary :all: --no-build-isolation \
    --require-hashes -r <(echo "$django") --dest "$tools/django" >&2
  tar -xzf "$tools"/django/*.tar.gz -C "$tools/django" --strip-components 1 --wildcards '*/tests/sessions_tests/*'
  printf '%s\n' "$wanted" >"$tools/installed"
}

# The wheel in a separate environment, which takes everything else from the environment of the
# tools.
install_package() {
  rm -rf "$clean"
  "$tools/bin/python" -m build --wheel --no-isolation --outdir "$clean/dist" "$package" >"$clean.log" 2>&1 ||
    { cat "$clean.log" >&2 && exit 1; }
  "$tools/bin/python" -m venv --without-pip "$clean/venv"
  "$tools/bin/pip" --disable-pip-version-check --quiet --python "$clean/venv/bin/python" install --no-deps "$clean"/dist/*.whl
  python_path() { "$1" -c 'import sysconfig; print(sysconfig.get_path("purelib"))'; }
  python_path "$tools/bin/python" >"$(python_path "$clean/venv/bin/python")/tools.pth"
}

install_tools
case $purpose in
  test)
    if [ -z "${SESSIONS_MODULE:-}" ]; then
      cargo build --quiet --locked --package sessions --lib
      export SESSIONS_MODULE=$target/debug/libsessions.so
    fi
    if [ -z "${SESSIONS_HTTP:-}" ]; then
      cargo build --quiet --locked --package sessions-http
      export SESSIONS_HTTP=$target/debug/sessions-http
    fi
    install_package
    export PYTHONDONTWRITEBYTECODE=1 SESSIONS_WHEELS=$clean/dist SESSIONS_DJANGO_TESTS=$tools/django/tests
    cd "$package"
    "$clean/venv/bin/python" -m pytest "$@"
    if [ $# -eq 0 ]; then
      say "The same with ${oldest[*]}"
      PYTHONPATH=$tools/oldest "$clean/venv/bin/python" -m pytest -q -W ignore::DeprecationWarning \
        tests/test_sessions.py tests/test_topologies.py tests/test_flask.py tests/test_starlette.py \
        tests/with_django/test_store.py tests/with_django/test_expiry.py tests/with_django/test_secrets.py
    fi
    ;;
  lint)
    install_package
    cd "$package"
    "$tools/bin/ruff" check --quiet --cache-dir "$clean/ruff" .
    "$tools/bin/ruff" format --quiet --cache-dir "$clean/ruff" --check .
    "$tools/bin/mypy" --python-executable "$clean/venv/bin/python" --cache-dir "$clean/mypy" --no-error-summary
    ;;
  install) install_package ;;
  *) die "usage: python-package.sh test|lint|install" ;;
esac
