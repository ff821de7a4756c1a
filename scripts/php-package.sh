#!/usr/bin/env bash
# php-package.sh test|lint: tests or checks the Composer package in clients/php with PHP 8.2 or
# newer, with Debian's phpunit and phpcs, without Composer's registry. If a requirement is missing,
# the script reports that it skips the package, or fails if SESSIONS_NO_SKIP is set. SESSIONS_MODULE
# names a module to use instead of building it.
# shellcheck source=scripts/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

purpose=${1:?usage: php-package.sh test|lint}
package=$PWD/clients/php
mkdir -p "$SESSIONS_CLIENTS"

new_enough() { have php && php -r 'exit(PHP_VERSION_ID < 80200 ? 1 : 0);'; }
extension() { php -r "exit(extension_loaded('$1') ? 0 : 1);"; }

missing=
new_enough || missing=php-8.2
case $purpose in
  test)
    have phpunit || missing=${missing:-phpunit}
    [ -n "$missing" ] || extension redis || missing=phpredis
    ;;
  lint) have phpcs || missing=${missing:-phpcs} ;;
  *) die "usage: php-package.sh test|lint" ;;
esac
if [ -n "$missing" ]; then
  if [ -n "${SESSIONS_NO_SKIP:-}" ]; then die "$missing is missing, and no test may be skipped"; fi
  say "skipped, $missing: $purpose of clients/php"
  echo "$missing: $purpose of clients/php" >>"$SESSIONS_CLIENTS/skipped"
  exit 0
fi

if [ "$purpose" = lint ]; then
  cd "$package"
  if have composer; then composer validate --no-interaction --no-check-lock --quiet composer.json; fi
  find . -name '*.php' -print0 | xargs -0 -n 1 -P 2 php -l >/dev/null
  phpcs
  exit
fi

if [ -z "${SESSIONS_MODULE:-}" ]; then
  cargo build --quiet --locked --package sessions --lib
  export SESSIONS_MODULE=$target/debug/libsessions.so
fi
cd "$package"
phpunit
