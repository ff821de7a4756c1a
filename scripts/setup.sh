#!/usr/bin/env bash
# setup.sh build|run|http|test|lint: looks for the requirements of that task. On Debian and Ubuntu
# it installs what is missing; on other systems it prints what is missing. It changes nothing if
# everything is installed.
# shellcheck source=scripts/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

purpose=${1:-run}
missing=()
# Gateways and similar programs, whose packages start a server on port 80.
gateways=()
policy=/usr/sbin/policy-rc.d

# want PACKAGE TEST…: marks the package as missing if the test fails.
want() {
  local package=$1
  shift
  if ! "$@"; then missing+=("$package"); fi
}

check_rust() {
  local wanted found rust_source
  rust_source="Install it from https://rustup.rs, or on Debian 12: apt-get install rustc-web cargo-web"
  wanted=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml)
  if ! have cargo || ! have rustc; then
    die "Rust $wanted or newer is missing. $rust_source"
  fi
  found=$(rustc --version | cut -d' ' -f2)
  if [ "$(printf '%s\n' "$wanted" "$found" | sort -V | head -n 1)" != "$wanted" ]; then
    die "rustc $found is too old: version $wanted or newer is required. $rust_source"
  fi
}

# bindgen requires the library and clang's own headers.
have_libclang() {
  if [ -n "${LIBCLANG_PATH:-}" ]; then return 0; fi
  { compgen -G '/usr/lib*/llvm-*/lib/libclang*.so*' || ldconfig -p 2>/dev/null | grep 'libclang[-.]'; } >/dev/null &&
    { compgen -G '/usr/lib*/llvm-*/lib/clang/*/include/stddef.h' || compgen -G '/usr/lib*/clang/*/include/stddef.h'; } >/dev/null
}

have_headers() { printf '#include <stdio.h>\n' | cc -E - >/dev/null 2>&1; }

have_venv() { python3 -c 'import ensurepip, venv' 2>/dev/null; }

# Finds a PHP library that Debian packages by its folder.
have_php_library() { [ -n "$(php -r "echo stream_resolve_include_path('$1/autoload.php');" 2>/dev/null)" ]; }

have_phpredis() { php -r 'exit(extension_loaded("redis") ? 0 : 1);' 2>/dev/null; }

# Whether to install the client for a language: always if no test may be skipped, otherwise only if
# the language itself is installed.
for_language() { [ -n "${SESSIONS_NO_SKIP:-}" ] || have "$1"; }

find_missing() {
  check_rust
  want gcc have cc
  want libc6-dev have_headers
  want libclang-dev have_libclang
  case $purpose in
    build | lint) ;;
    run | http | test)
      want redis-server have "${REDIS_SERVER:-redis-server}"
      want redis-tools have redis-cli
      ;;
    *) die "usage: setup.sh build|run|http|test|lint" ;;
  esac
  case $purpose in http | test) want curl have curl ;; esac
  if [ "$purpose" = lint ]; then
    want shellcheck have shellcheck
    if for_language php; then
      want php-cli have php
      want php-codesniffer have phpcs
    fi
  fi
  # The packages in clients are checked with their languages' own tools.
  case $purpose in
    lint | test) ;;
    *) return ;;
  esac
  if for_language node; then
    want nodejs have node
    want npm have npm
  fi
  if for_language python3; then
    want python3 have python3
    want python3-venv have_venv
  fi
  if [ "$purpose" = lint ]; then return; fi
  if for_language php; then
    want php-cli have php
    want php-redis have_phpredis
    want phpunit have phpunit
    want php-nrk-predis have_php_library Predis
  fi
  # If tests may be skipped, these are omitted: a service that starts by itself, a large browser,
  # and frameworks, which not every system packages.
  if [ -n "${SESSIONS_NO_SKIP:-}" ]; then
    want prometheus-redis-exporter have prometheus-redis-exporter
    want chromium have chromium
    want php-vlucas-phpdotenv have_php_library Dotenv
    local part
    for part in Auth Cache Config Container Cookie Encryption Events Http Redis Routing Session; do
      want "php-illuminate-${part,,}" have_php_library "Illuminate/$part"
    done
    want php-symfony-event-dispatcher have_php_library Symfony/Component/EventDispatcher
    want php-symfony-http-foundation have_php_library Symfony/Component/HttpFoundation
    want php-symfony-http-kernel have_php_library Symfony/Component/HttpKernel
    want php-symfony-security-core have_php_library Symfony/Component/Security/Core
    want php-symfony-security-http have_php_library Symfony/Component/Security/Http
    want dpkg-dev have dpkg-shlibdeps
    want systemd have systemd-analyze
    # These programs are not in every user's PATH.
    if ! have nginx && [ ! -x /usr/sbin/nginx ]; then gateways+=(nginx); fi
    if ! have caddy; then gateways+=(caddy); fi
    if ! compgen -G '/usr/sbin/php-fpm*' >/dev/null; then gateways+=(php-fpm); fi
  fi
  if for_language go; then
    want golang-go have go
    want golang-github-gomodule-redigo-dev test -d /usr/share/gocode/src/github.com/gomodule/redigo
  fi
}

# install_gateways APT…: installs the programs without starting the servers, now or at the next
# boot. Debian provides the file policy-rc.d for this: while it exists, no package starts a service.
install_gateways() {
  local root=() status=0
  if [ "$1" = sudo ]; then root=(sudo); fi
  if [ ! -e "$policy" ]; then
    trap '"${root[@]}" rm -f "$policy"' EXIT
    printf '#!/bin/sh\nexit 101\n' | "${root[@]}" tee "$policy" >/dev/null
    "${root[@]}" chmod 755 "$policy"
  fi
  "$@" install -y --no-install-recommends "${gateways[@]}" >&2 </dev/null || status=$?
  if have systemctl; then
    local units=("${gateways[@]}") path
    # The name of its unit contains PHP's version.
    for path in /lib/systemd/system/php*-fpm.service; do units+=("${path##*/}"); done
    "${root[@]}" systemctl disable "${units[@]}" >/dev/null 2>&1 || true
  fi
  return "$status"
}

install_missing() {
  local apt=(env DEBIAN_FRONTEND=noninteractive apt-get -q)
  have apt-get || die "These are missing, by their Debian names: ${missing[*]}. Install the equivalent packages of your system, then try again."
  if [ "$(id -u)" != 0 ]; then
    local as_root="run as root: apt-get update && apt-get install ${missing[*]}"
    have sudo || die "Missing: ${missing[*]}. Please $as_root"
    [ -t 0 ] || sudo -n true 2>/dev/null || die "Missing: ${missing[*]}. Please $as_root"
    apt=(sudo "${apt[@]}")
  fi
  say "Installing with apt-get: ${missing[*]}"
  "${apt[@]}" update >&2 </dev/null || say "apt-get update failed; continuing with the existing package lists"
  if [ ${#gateways[@]} -gt 0 ]; then (install_gateways "${apt[@]}"); fi
  "${apt[@]}" install -y --no-install-recommends "${missing[@]}" >&2 </dev/null
  case " ${missing[*]} " in
    *" redis-server "*) say "If systemd is running, the package has started a Redis server on port 6379. Nothing here uses that server." ;;
  esac
}

find_missing
missing+=("${gateways[@]}")
if [ ${#missing[@]} -gt 0 ]; then install_missing; fi
