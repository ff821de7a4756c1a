#!/usr/bin/env bash
# laravel-suite.sh LARAVEL [SYMFONY]: runs Laravel's own tests of its session, unchanged, over the
# session handler of clients/php, and then the package's tests with that version of Laravel. LARAVEL
# is a checked-out copy of its repository. Since version 9 its HTTP classes also require a copy of
# Symfony's:
#
#   git clone --depth 1 --branch v8.83.27 https://github.com/laravel/framework LARAVEL
#   git clone --depth 1 --branch 7.2 https://github.com/symfony/symfony SYMFONY     # 6.4 for Laravel 9 and 10
#
# This repository contains nothing of them. Debian's packages of Laravel (apt-get install
# php-illuminate-routing …, see scripts/setup.sh) provide their dependencies. With only SYMFONY, as
# in `laravel-suite.sh '' SYMFONY`, the tests of the Symfony handler run with that version.
#
# SESSIONS_MODULE names a module to use instead of building it.
# shellcheck source=scripts/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

laravel=${1?usage: laravel-suite.sh LARAVEL [SYMFONY]}
symfony=${2:-}
if [ -n "$laravel" ]; then laravel=$(cd "$OLDPWD" && cd "$laravel" && pwd); fi
if [ -n "$symfony" ]; then symfony=$(cd "$OLDPWD" && cd "$symfony" && pwd); fi
for program in php phpunit; do
  have "$program" || die "$program is missing. On Debian: apt-get install php-cli php-redis phpunit"
done
if [ -z "${SESSIONS_MODULE:-}" ]; then
  cargo build --quiet --locked --package sessions --lib
  export SESSIONS_MODULE=$target/debug/libsessions.so
fi
export LARAVEL=$laravel SYMFONY=$symfony SESSIONS_NO_SKIP=1
cd clients/php

# This test cannot pass: the handler's gc() removes nothing, because the server removes timed-out
# sessions.
expected='test_it_cleans_up_old_sessions'

if [ -n "$laravel" ]; then
  end_with_what_was_started
  for suite in SessionStoreTest ArraySessionHandlerTest; do
    results=$own_folder/$suite
    phpunit --no-configuration --do-not-cache-result --bootstrap tests/Laravel/Suite/bootstrap.php --log-teamcity "$results" \
      "$laravel/tests/Session/$suite.php" >"$results.text" 2>&1 || true
    passed=$(grep -c "^##teamcity\[testFinished" "$results" || true)
    failed=$(sed -n "s/^##teamcity\[testFailed name='\([^']*\)'.*/\1/p" "$results" | sort -u)
    unexpected=$(printf '%s\n' "$failed" | grep -vxF "$expected" | grep . || true)
    if [ -n "$unexpected" ] || [ "$passed" -lt 10 ]; then
      cat "$results.text" >&2
      die "$suite: these tests failed unexpectedly: $unexpected"
    fi
    if [ -n "$failed" ]; then passed=$((passed - 1)); fi
    say "$suite: $passed tests passed. Expected to fail: ${failed:-none}"
  done
  phpunit tests/Laravel
fi
if [ -n "$symfony" ]; then phpunit tests/Symfony; fi
