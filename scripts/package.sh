#!/usr/bin/env bash
# package.sh [--debug]: builds a Debian package of the module and the HTTP service in target/debian,
# with cargo-deb, which is installed into target/tools if it is missing. The module's debug symbols
# are in a file next to the package. With --debug the package has debug builds, for tests of the
# installed package that do not need optimisations, which take minutes.
# shellcheck source=scripts/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

case ${1:-} in
  '') built=$target/release profile=(--release) compression=() ;;
  --debug) built=$target/debug profile=() compression=(--fast) ;;
  *) die "usage: package.sh [--debug]" ;;
esac
cargo_deb=3.8.0
tools=$target/tools

have dpkg-shlibdeps || die "dpkg-shlibdeps is missing, which finds the dependencies of the package: apt-get install dpkg-dev"
scripts/setup.sh build
if [ "$("$tools/bin/cargo-deb" --version 2>/dev/null)" != "cargo-deb $cargo_deb" ]; then
  say "Installing cargo-deb into $tools; this takes a few minutes."
  # cargo-deb runs for seconds, so it is built without optimisations, which would take longer than
  # that.
  CARGO_PROFILE_RELEASE_OPT_LEVEL=1 CARGO_PROFILE_RELEASE_LTO=off cargo install cargo-deb --locked --version "$cargo_deb" --root "$tools" --target-dir "$tools/build" >&2
  rm -rf "$tools/build"
fi

cargo build "${profile[@]}" --locked --package sessions --package sessions-http --package sessions-to-cluster
# The package contains the files that `make install` would copy. Cargo.toml lists the files of this
# folder, regardless of the kind of build.
staged=$target/release/package
rm -rf "$staged"
env -u PREFIX DESTDIR="$staged" SESSIONS_MODULE="$built/libsessions.so" SESSIONS_TOOL="$built/sessions-to-cluster" \
  SESSIONS_SERVICE="$built/sessions-http" scripts/install.sh >/dev/null
"$tools/bin/cargo-deb" --no-build --locked "${compression[@]}"
cp "$staged/usr/lib/redis/modules/.debug/libsessions.so.debug" "$target/debian/"
