/** A host for sessions in this process: Claude Code with hooks, whose files tell nothing and which nothing wakes. */
import { Layer } from "effect"
import { claudeCode } from "../../src/hosts/claude-code/ClaudeCode.ts"
import { type Heard, Host } from "../../src/hosts/Host.ts"

export const quietHost: Host["Service"] = claudeCode({
  agent: "claude",
  session: {
    conversation: undefined,
    forkOf: undefined,
    nested: false,
    isOwn: () => true,
    whyIgnored: () => undefined,
    startedAsChannel: false,
    isHealthCheck: false,
    hasHooks: true,
    projectFolder: undefined
  },
  socket: undefined,
  status: undefined,
  dropsEvents: undefined,
  hasMoved: undefined
})

export const QuietHost = Layer.succeed(Host, quietHost)

/** A hook's call, as the host understands it. */
export const hookCall = (event: string, more: Readonly<Record<string, string>> = {}): Heard => {
  const heard = quietHost.hear({ event, ...more })
  if (heard === undefined) throw new Error(`no hook of this host: ${event}`)
  return heard
}
