#!/usr/bin/env bash
# Copies the built module, an example configuration and the tool sessions-to-cluster to where this system
# finds them, and says what to add to redis.conf. It changes no configuration and restarts nothing.
#
# PREFIX replaces /usr (Debian's redis-server and valkey-server may run code from /usr/lib only); DESTDIR
# is put before all paths, for those who make packages. SESSIONS_MODULE names a module to install
# instead of the one that `make build` has made, SESSIONS_TOOL another tool.
# shellcheck source=scripts/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

module=${SESSIONS_MODULE:-$target/release/libsessions.so}
tool=${SESSIONS_TOOL:-$target/release/sessions-to-cluster}
for built in "$module" "$tool"; do
  [ -f "$built" ] || die "$built is not there; make it first: make build"
done

prefix=${PREFIX:-/usr}
[[ $prefix == /* ]] || die "PREFIX is a whole path: $prefix does not begin with /"
library=$prefix/lib/redis/modules/libsessions.so
program=$prefix/bin/sessions-to-cluster
example=$prefix/share/doc/sessions/examples/redis.conf.example

umask 022

# put FILE PATH MODE: in one step, so that nobody reads half a file; a server that has the old one
# loaded keeps it. To write into that file would crash the server.
put() {
  local to=${DESTDIR:-}$2
  install -d "${to%/*}"
  install -m "$3" "$1" "$to.new"
  mv -f "$to.new" "$to"
}

# The example as it is for an installed module.
installed_example() {
  sed -e 's|: .make build., then, in this folder,$|. To try it, in a folder of your own,|' \
    -e "s|^#   redis-server redis.conf.example\$|#   redis-server $example|" \
    -e "s|^loadmodule .*|loadmodule $library|" redis.conf.example
}

# A server loads nothing that is not executable.
put "$module" "$library" 755
put "$tool" "$program" 755
put <(installed_example) "$example" 644

cat <<END
Installed:
  ${DESTDIR:-}$library
  ${DESTDIR:-}$program
  ${DESTDIR:-}$example

Add this line to the server's configuration (/etc/redis/redis.conf on Debian) and restart the server:

  loadmodule $library
END
