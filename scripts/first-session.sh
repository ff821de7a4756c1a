#!/usr/bin/env bash
# first-session.sh PORT: sends the commands after "redis>" in the README's first session to a
# server, prints them with their replies, and fails unless each reply is the printed one. Tokens,
# sids, times and idle seconds differ from run to run, so only their positions are compared.
# shellcheck source=scripts/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

port=${1:?usage: first-session.sh PORT}
token=

# Replaces the parts that differ from run to run by their kind.
shape() {
  sed -E -e 's/[A-Za-z0-9]{64}/TOKEN/g' -e 's/"[0-9a-f]{16}(\\?)"/"SID\1"/g' \
    -e '/"idle"$/{n;s/\(integer\) [0-9]+/SECONDS/}' -e 's/\(integer\) [0-9]{10}$/(integer) TIME/' \
    -e 's/(\\"idle\\":)[0-9]+/\1SECONDS/g' -e 's/(\\"created\\":)[0-9]+/\1TIME/g'
}

# type_in COMMAND: what redis-cli prints for it, without the seconds that redis-cli adds to a slow
# reply. The README's token is replaced by the token of this run.
type_in() {
  local command=$1
  if [[ $command =~ [A-Za-z0-9]{64} ]]; then command=${command//${BASH_REMATCH[0]}/$token}; fi
  printf 'redis> %s\n' "$command"
  reply=$(redis-cli --no-raw -p "$port" <<<"$command" | sed -E '/^\([0-9.]+s\)$/d')
  printf '%s\n' "$reply"
  if [[ $reply =~ ^\"([A-Za-z0-9]{64})\"$ ]]; then token=${BASH_REMATCH[1]}; fi
}

play README.md 'redis> ' type_in shape
