#!/bin/sh
# Asks a session something, and prints its answer. Run it: sh examples/ask.sh backend "How many tests fail?"
#
# Several may run at once under one name: each gets the answer to its own question. The exit code is that of cc-dm ask:
# 3 if there is no such session, 4 if no answer came in time, 5 if the session refuses it.
set -eu

if [ $# -ne 2 ]; then
  echo 'usage: sh ask.sh SESSION "QUESTION"' >&2
  exit 2
fi

exec "${CC_DM:-cc-dm}" ask "$1" "$2" --from ask-example --timeout "${TIMEOUT:-5m}"
