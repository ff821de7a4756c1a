#!/usr/bin/env bash
# Makes the pictures of the admin page that docs/admin.md shows, in docs/images. Takes about seven
# minutes. With the font Inter (Debian: fonts-inter) the pictures look the same on every machine;
# without it they have the system's font.
# shellcheck source=scripts/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

scripts/clients.sh
SESSIONS_PICTURES=$(mktemp -d)
export SESSIONS_PICTURES
trap 'rm -rf "$SESSIONS_PICTURES"' EXIT
cat >"$SESSIONS_PICTURES/fonts.conf" <<'END'
<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <include>/etc/fonts/fonts.conf</include>
  <match target="pattern">
    <test name="family"><string>system-ui</string></test>
    <edit name="family" mode="prepend" binding="strong"><string>Inter</string></edit>
  </match>
</fontconfig>
END
export FONTCONFIG_FILE=$SESSIONS_PICTURES/fonts.conf

cargo build --locked --package sessions --package sessions-http
cargo test --locked --test http -- --ignored --exact admin::pictures::pictures_of_the_admin_page
mkdir -p docs/images
cp "$SESSIONS_PICTURES"/*.png docs/images/
