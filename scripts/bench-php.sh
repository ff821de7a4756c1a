#!/usr/bin/env bash
# bench-php.sh [--quick]: compares the Composer package in clients/php with raw commands and
# phpredis' own session handler, in about six minutes, and prints the results. It requires php-fpm
# and nginx, and nothing else may run on the machine during that time. SESSIONS_MODULE names a
# module to use instead of building it.
# shellcheck source=scripts/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

scripts/setup.sh run
for program in php nginx; do have "$program" || [ -x "/usr/sbin/$program" ] || die "$program is missing"; done
build_release_module
php clients/php/bench/bench.php "$@"
