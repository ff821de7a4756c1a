#!/usr/bin/env bash
# Copies the built module, the service sessions-http with its unit for systemd, the tool
# sessions-to-cluster, the script prometheus-sessions.sh and examples of both configurations to
# where this system finds them, and says what to add to redis.conf. It changes no configuration, and
# starts and restarts nothing. The debug symbols, most of the module's size, go into a separate file
# in the folder next to the module where debuggers look for them.
#
# PREFIX replaces /usr; DESTDIR is put before all paths, for building packages. SESSIONS_MODULE
# names a module to install instead of the one from `make build`, SESSIONS_TOOL and SESSIONS_SERVICE
# name other programs.
# shellcheck source=scripts/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

module=${SESSIONS_MODULE:-$target/release/libsessions.so}
tool=${SESSIONS_TOOL:-$target/release/sessions-to-cluster}
service=${SESSIONS_SERVICE:-$target/release/sessions-http}
for built in "$module" "$tool" "$service"; do
  [ -f "$built" ] || die "$built is missing; run this first: make build"
done

module=$(realpath "$module")
prefix=${PREFIX:-/usr}
[[ $prefix == /* ]] || die "PREFIX must be an absolute path: $prefix does not begin with /"
modules=$prefix/lib/redis/modules
library=$modules/libsessions.so
symbols=$modules/.debug/libsessions.so.debug
program=$prefix/bin/sessions-to-cluster
server=$prefix/bin/sessions-http
unit=$prefix/lib/systemd/system/sessions-http.service
metrics=$prefix/bin/prometheus-sessions.sh
documents=$prefix/share/doc/sessions
example=$documents/examples/redis.conf.example

umask 022

# put FILE PATH MODE: installs a file in one step, so that no process reads half a file. A server
# that has loaded the old file keeps it; writing into that file would crash the server.
put() {
  local to=${DESTDIR:-}$2
  install -d "${to%/*}"
  install -m "$3" "$1" "$to.new"
  mv -f "$to.new" "$to"
}

# The example configuration with the path of the installed module.
installed_example() {
  sed -e 's|: .make build., then, in this folder,$|. To try it, in a folder of your own,|' \
    -e "s|^#   redis-server redis.conf.example\$|#   redis-server $example|" \
    -e "s|^loadmodule .*|loadmodule $library|" redis.conf.example
}

have objcopy || die "objcopy is missing, which separates the debug symbols from the module: apt-get install binutils"
stripped=$(mktemp -d)
trap 'rm -rf "$stripped"' EXIT
objcopy --only-keep-debug "$module" "$stripped/libsessions.so.debug"
(cd "$stripped" && objcopy --strip-unneeded --add-gnu-debuglink=libsessions.so.debug "$module" libsessions.so)
objcopy --strip-unneeded "$tool" "$stripped/tool"
objcopy --strip-unneeded "$service" "$stripped/service"

# Servers refuse to load a module file that is not executable.
put "$stripped/libsessions.so" "$library" 755
put "$stripped/libsessions.so.debug" "$symbols" 644
put "$stripped/tool" "$program" 755
put "$stripped/service" "$server" 755
put <(sed -e "s|/usr/bin/sessions-http|$server|" -e "s|/usr/share/doc/sessions|$documents|" \
  packaging/systemd/sessions-http.service) "$unit" 644
put scripts/prometheus-sessions.sh "$metrics" 755
put <(installed_example) "$example" 644
put sessions-http.toml.example "$documents/examples/sessions-http.toml.example" 644
put docs/http-operations.md "$documents/http-operations.md" 644

cat <<END
Installed:
  ${DESTDIR:-}$library
  ${DESTDIR:-}$symbols
  ${DESTDIR:-}$program
  ${DESTDIR:-}$server
  ${DESTDIR:-}$unit
  ${DESTDIR:-}$metrics
  ${DESTDIR:-}$example
  ${DESTDIR:-}$documents/examples/sessions-http.toml.example
  ${DESTDIR:-}$documents/http-operations.md

Add this line to the server's configuration (/etc/redis/redis.conf on Debian) and restart the server:

  loadmodule $library

For the HTTP service, copy sessions-http.toml.example to /etc/sessions-http/sessions-http.toml and add the key that
\`sessions-http new-key\` prints. Then: systemctl daemon-reload; systemctl enable --now sessions-http
END

case $library in
  /usr/lib/* | /lib/*) ;;
  *)
    cat <<END

Debian's services redis-server and valkey-server run code from /usr/lib and /lib only (NoExecPaths), and
refuse to load the module from this folder. Install without PREFIX, or allow the folder: run
\`systemctl edit redis-server\`, add these lines, then restart the server.

  [Service]
  ExecPaths=$modules
END
    ;;
esac
case $library in
  /home/* | /root/* | /run/user/*) say "" "Debian's services can't read $modules at all (ProtectHome): choose another PREFIX." ;;
esac
