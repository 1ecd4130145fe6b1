#!/bin/sh
# Installs cc-dm into Claude Code, or brings it up to date. See usage, below.
set -eu

usage() {
  cat <<'END'
Installs cc-dm into Claude Code. Where it is installed already, brings it up to date.

  ./install.sh                 from the checkout that this file stands in
  ./install.sh ADDRESS         from a marketplace: owner/repository on GitHub, a git URL, or a folder
END
}

marketplace_name=cc-dm-marketplace
plugin=cc-dm@$marketplace_name
oldest_bun=1.3.0
oldest_claude=2.1.80
oldest_claude_with_hook=2.1.118

say() { printf '%s\n' "$*"; }

fail() {
  for line in "$@"; do printf '%s\n' "$line" >&2; done
  exit 1
}

# at_least 1.10.2 1.9.0: whether the first version is the second one or later.
at_least() {
  awk -v have="$1" -v want="$2" 'BEGIN {
    split(have, h, "."); split(want, w, ".")
    for (i = 1; i <= 3; i++) if (h[i] + 0 != w[i] + 0) exit !(h[i] + 0 > w[i] + 0)
  }'
}

# version_of bun: the version that the program prints, or nothing.
version_of() { "$1" --version </dev/null 2>/dev/null | sed -n '1s/^[^0-9]*\([0-9][0-9.]*\).*/\1/p'; }

case "${1-}" in
-h | --help)
  usage
  exit 0
  ;;
-*) fail "Unknown option: $1." "$(usage)" ;;
esac
[ $# -le 1 ] || fail "One marketplace address at most." "$(usage)"

if [ $# -eq 1 ]; then
  marketplace=$1
else
  marketplace=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
  grep -q "$marketplace_name" "$marketplace/.claude-plugin/marketplace.json" 2>/dev/null ||
    fail "There is no checkout of cc-dm around this file." "$(usage)"
fi

how_to_get_bun="Install it from https://bun.sh (curl -fsSL https://bun.sh/install | bash, or: npm install -g bun), open a new terminal, and run this again."
command -v bun >/dev/null 2>&1 || fail "cc-dm needs Bun $oldest_bun or later, and there is no bun on your PATH." "$how_to_get_bun"
bun_version=$(version_of bun)
at_least "$bun_version" "$oldest_bun" ||
  fail "cc-dm needs Bun $oldest_bun or later, and yours is ${bun_version:-of an unknown version}." "Run: bun upgrade"

how_to_get_claude="Install it: https://code.claude.com/docs/en/setup (or: npm install -g @anthropic-ai/claude-code), and run this again."
command -v claude >/dev/null 2>&1 || fail "There is no claude on your PATH: cc-dm is a plugin of Claude Code." "$how_to_get_claude"
claude_version=$(version_of claude)
at_least "$claude_version" "$oldest_claude" ||
  fail "cc-dm needs Claude Code $oldest_claude or later, and yours is ${claude_version:-of an unknown version}." "Run: claude update"

say "Bun $bun_version and Claude Code $claude_version are there."
at_least "$claude_version" "$oldest_claude_with_hook" ||
  say "Before $oldest_claude_with_hook, Claude Code does not know the plugin's hook and reports it as failed to load; all else works."

# Without stdin: where this script is piped into sh, stdin is the script.
claude_plugin() { claude plugin "$@" </dev/null; }

claude_plugin marketplace add "$marketplace" ||
  fail "Claude Code could not add the marketplace $marketplace; its message is above."
if claude_plugin list | grep -q "$plugin"; then
  { claude_plugin marketplace update "$marketplace_name" && claude_plugin update "$plugin"; } ||
    say "Claude Code could not look for a newer version; the one that is installed stays."
fi
# Switches it on, too, where it was installed and switched off.
claude_plugin install "$plugin" ||
  fail "Claude Code could not install $plugin; its message is above."

cat <<END

cc-dm is installed. What to type next:

  CC_DM_SESSION_NAME=planner CC_DM_SESSION_ROLE=orchestrator claude   # in one terminal
  CC_DM_SESSION_NAME=backend CC_DM_SESSION_ROLE=worker claude         # in another one

Then tell the planner: "ask backend what it is working on". A session that was started without a name gets one with
/cc-dm:register. Sessions that run already need a restart.

If something does not work, tell a session: "run cc-dm doctor". It says what is wrong, and what to do. To have the command
in your own shell too, type this in a session: ! cc-dm install shell
END
