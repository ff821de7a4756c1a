#!/usr/bin/env bash
# first-requests.sh ADDRESS KEY: sends the first requests of docs/http.md to a service, prints them
# with their responses, and fails unless each response is the printed one. Tokens, sids, times and
# idle seconds differ from run to run, so only their positions are compared.
# shellcheck source=scripts/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

address=${1:?usage: first-requests.sh ADDRESS KEY}
# Variables that the requests use.
export KEY=${2:?usage: first-requests.sh ADDRESS KEY}
token=

shape() {
  sed -E -e 's/[A-Za-z0-9]{64}/<token>/g' -e 's/"[0-9a-f]{16}"/"<sid>"/g' \
    -e 's/("idle":)[0-9]+/\1SECONDS/g' -e 's/("created":)[0-9]+/\1<time>/g'
}

# request LINE: the response to a line of the page, sent to this service with the token of this run.
request() {
  local line=$1
  line=${line//<token>/$token}
  line=${line//http:\/\/127.0.0.1:8081/$address}
  printf '$ %s\n' "$line"
  reply=$(bash -c "${line/#curl /curl -sS }")
  printf '%s\n' "$reply"
  if [[ $reply =~ \"token\":\"([A-Za-z0-9]{64})\" ]]; then token=${BASH_REMATCH[1]}; fi
}

play docs/http.md '$ ' request shape
