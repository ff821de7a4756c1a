#!/usr/bin/env bash
# The module, the programs and the packages in clients/ have one version number.
#
#   version.sh           checks that all places agree with Cargo.toml
#   version.sh 1.2.3     checks the same and that it is this version, with its own heading in CHANGELOG.md
#   version.sh set 1.2.3 writes this version to all places; CHANGELOG.md is left to a person
# shellcheck source=scripts/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# Each line has a file and a regular expression whose group is the version. The group of each match
# must be the version.
places='
Cargo.toml ^version = "(.*)"$
clients/node/package.json ^  "version": "(.*)",$
clients/node/package-lock.json ^  "version": "(.*)",$
clients/python/pyproject.toml ^version = "(.*)"$
docs/install.md sessions[-_]([0-9]+\.[0-9]+\.[0-9]+)
docs/upgrade.md sessions_([0-9]+\.[0-9]+\.[0-9]+)
examples/rust/Cargo.toml ^version = "(.*)"$
packaging/kubernetes/valkey-values.yaml ^  tag: "(.*)"$
'

version=$(sed -nE 's/^version = "(.*)"$/\1/p' Cargo.toml)

status=0
complain() {
  say "$*"
  status=1
}

if [ "${1:-}" = set ]; then
  new=${2:?usage: version.sh set VERSION}
  [[ $new =~ ^[0-9]+\.[0-9]+\.[0-9]+$ ]] || die "A version is three numbers: $new"
  while read -r file expression; do
    sed -i -E "/$expression/s/$version/$new/" "$file"
  done < <(grep . <<<"$places")
  version=$new
  (cd clients/node && npm version --no-git-tag-version --allow-same-version "$new" >/dev/null)
  for manifest in Cargo.toml fuzz/Cargo.toml examples/rust/Cargo.toml; do
    cargo update --quiet --workspace --offline --manifest-path "$manifest"
  done
elif [ -n "${1:-}" ]; then
  if [ "$1" != "$version" ]; then complain "Cargo.toml has the version $version, not $1"; fi
  grep -qF "## [$1]" CHANGELOG.md || complain "CHANGELOG.md has no heading \"## [$1] - DATE\""
fi
grep -qE "^## \[(Unreleased\]: )?${version//./\\.}" CHANGELOG.md || complain "CHANGELOG.md has no heading for $version"
while read -r file expression; do
  found=$(grep -oE "$expression" "$file" | sed -nE "s/$expression/\1/p" | sort -u)
  if [ "$found" != "$version" ]; then complain "$file has the version ${found:-(none)}, Cargo.toml has $version"; fi
done < <(grep . <<<"$places")
exit "$status"
