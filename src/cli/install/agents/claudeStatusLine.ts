/** Claude Code's status line, which cc-dm can be. The plugin itself is installed by Claude Code. Seen with 2.1.332. */
import type { Agent } from "../Plan.ts"
import { shellWord } from "./common.ts"

/** How often Claude Code asks anew, in seconds: it also does whenever the conversation goes on. */
const refreshInterval = 5

export const claudeStatusLine: Agent = {
  name: "claude",
  title: "Claude Code's status line",
  grants: ["force"],
  loads: [],
  noProject: "--statusline is for all projects: Claude Code's own settings have it",
  plan: ({ folder, granted, home, launcher }) => [
    {
      kind: "json",
      path: `${folder("CLAUDE_CONFIG_DIR", `${home}/.claude`)}/settings.json`,
      parts: {
        switches: [
          {
            path: ["statusLine"],
            value: { type: "command", command: `${shellWord(launcher)} status`, refreshInterval },
            mark: "command",
            ...(granted.has("force")
              ? {}
              : {
                  refusal:
                    "has another statusLine. To replace it: cc-dm install claude --statusline --force; cc-dm uninstall claude then puts it back. Or let yours run `cc-dm status`, with its own stdin"
                })
          }
        ]
      }
    }
  ],
  next: () => ["Sessions show it at once, or with their next prompt."]
}
