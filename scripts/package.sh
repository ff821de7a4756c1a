#!/usr/bin/env bash
# Builds a Debian package of the module and the HTTP service in target/debian, with cargo-deb, which is installed into
# target/tools if it is not there. The module's debug symbols are in a file next to the package.
# shellcheck source=scripts/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

cargo_deb=3.8.0
tools=$target/tools

have dpkg-shlibdeps || die "dpkg-shlibdeps is missing, which finds out what the package depends on: apt-get install dpkg-dev"
scripts/setup.sh build
if [ "$("$tools/bin/cargo-deb" --version 2>/dev/null)" != "cargo-deb $cargo_deb" ]; then
  say "Installing cargo-deb into $tools; this takes a few minutes."
  cargo install cargo-deb --locked --version "$cargo_deb" --root "$tools" --target-dir "$tools/build" >&2
  rm -rf "$tools/build"
fi

cargo build --release --locked --package sessions --package sessions-http --package sessions-to-cluster
# What `make install` would copy is what the package holds; Cargo.toml lists it.
staged=$target/release/package
rm -rf "$staged"
env -u PREFIX -u SESSIONS_TOOL -u SESSIONS_SERVICE DESTDIR="$staged" SESSIONS_MODULE="$target/release/libsessions.so" scripts/install.sh >/dev/null
"$tools/bin/cargo-deb" --no-build --locked
cp "$staged/usr/lib/redis/modules/.debug/libsessions.so.debug" "$target/debian/"
