#!/bin/sh
# Asks a session something, and prints its answer. Run it: sh examples/ask.sh backend "How many tests fail?"
#
# Each run asks under a name of its own, so that it gets no answer to another question. The exit code is that of cc-dm:
# 3 if there is no such session, 4 if no answer came in time.
set -eu

if [ $# -ne 2 ]; then
  echo 'usage: sh ask.sh SESSION "QUESTION"' >&2
  exit 2
fi
session=$1
question=$2
cc_dm=${CC_DM:-cc-dm}
me=ask-$$-$(date +%s)

# What cc-dm says of the question itself goes to stderr, the answer to stdout.
"$cc_dm" send "$session" "$question" --from "$me" >&2
exec "$cc_dm" listen --name "$me" --once --timeout "${TIMEOUT:-5m}"
