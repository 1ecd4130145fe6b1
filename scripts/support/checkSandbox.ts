/** A command in Claude Code's own sandbox, which opens no Unix sockets: it rings nobody, and nobody is dead for that. */
import { join } from "node:path"
import { type Checks, expect } from "./Checks.ts"
import type { ScratchUser } from "./ClaudeClient.ts"
import { setUp, startPrint } from "./ClientSession.ts"
import type { SendingSession } from "./SendingSession.ts"

const folder = "boxed"

/** What the sandbox is made with on Linux. */
const programs = ["bwrap", "socat"]

const settings = (user: ScratchUser) => ({
  enabled: true,
  failIfUnavailable: true,
  autoAllowBashIfSandboxed: true,
  allowUnsandboxedCommands: false,
  enableWeakerNestedSandbox: true,
  filesystem: { allowWrite: [join(user.home, ".cc-dm")] }
})

/** The last line fails in the sandbox alone. */
const command = `cc-dm send planner "From the sandbox"; echo "code $?"
touch ~/outside || echo "kept in"`

export const checkSandbox = async (options: {
  readonly checks: Checks
  readonly program: string
  readonly user: ScratchUser
  readonly sender: SendingSession
}): Promise<void> => {
  const { checks, program, sender, user } = options
  const what = "what a model sends from its sandbox arrives, and its receiver stays on the roster"
  const missing = process.platform === "linux" ? programs.filter((name) => Bun.which(name) === null) : []
  if (missing.length > 0) return checks.skip(what, `there is no ${missing.join(" and no ")}`)
  await checks.check(what, async () => {
    setUp(user, [folder], { sandbox: settings(user) })
    const isPlanner = ({ name }: { readonly name: string }) => name === "planner"
    const before = await sender.sees("planner", isPlanner)
    const session = startPrint(
      {
        program,
        user,
        folder,
        answer: ({ afterTool, news }) => {
          if (afterTool) return { _tag: "Say", text: news }
          return news.includes("Send it.") ? { _tag: "Call", tool: "Bash", input: { command } } : undefined
        }
      },
      "Send it."
    )
    try {
      const printed = await session.ended()
      expect(printed.includes("code 0") && printed.includes("kept in"), printed)
    } finally {
      await session.close()
    }
    await sender.isTold("From the sandbox")
    const after = await sender.sees("planner", isPlanner)
    expect(after.id === before.id, `planner was ${before.id}, and is ${after.id}`)
  })
}
