/** Claude Code shows `cc-dm status` as its status line, once `cc-dm install claude --statusline` has asked it to. */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { type Checks, expect } from "./Checks.ts"
import type { ScratchUser } from "./ClaudeClient.ts"
import { setUp, startInteractive } from "./ClientSession.ts"
import { mustRun } from "./run.ts"
import type { SendingSession } from "./SendingSession.ts"

const folder = "lined"

const command = join(import.meta.dir, "../../plugin/bin/cc-dm")

export const checkStatusLine = async (options: {
  readonly checks: Checks
  readonly program: string
  readonly user: ScratchUser
  readonly sender: SendingSession
}): Promise<void> => {
  const { checks, program, sender, user } = options
  // A session that is not woken: its message waits.
  setUp(user, [folder], { crossSessionInbound: "refuse" })
  const settings = () => readFileSync(join(user.config, "settings.json"), "utf8")
  const before = settings()
  await checks.check("the status line says who a session is, who is here, and what waits", async () => {
    await mustRun([command, "install", "claude", "--statusline"], { env: user.env })
    const session = await startInteractive({
      program,
      user,
      folder,
      env: { CC_DM_SESSION_NAME: "lined" }
    })
    // A question of Claude Code's own may stand in the line's place. In an empty prompt, Esc does nothing.
    const dismiss = setInterval(() => void session.terminal.press("Escape").catch(() => {}), 2_000)
    try {
      await session.terminal.shows("lined · here: planner")
      clearInterval(dismiss)
      await sender.dm("lined", "Message nineteen")
      // Of a line that changes, only what differs is drawn.
      await session.terminal.shows("waits · here: planner")
    } finally {
      clearInterval(dismiss)
      await session.close()
    }
  })
  await checks.check("it is taken out again, and the settings are as they were", async () => {
    await mustRun([command, "uninstall", "claude"], { env: user.env })
    expect(settings() === before, settings())
  })
}
