/** An agent that runs in a terminal of tmux, typed into as a user does. */
import { join } from "node:path"
import { openScreen, type Screen } from "../../scripts/support/Tmux.ts"
import { until } from "../../scripts/support/until.ts"
import type { Agent, Place } from "./Agent.ts"
import { endAllOf } from "./Leftovers.ts"

export interface AgentSession {
  readonly screen: Screen
  /** Whether it can be typed into, and does nothing. */
  readonly isIdle: () => boolean
  /** Waits until it stands idle. */
  readonly idle: () => Promise<void>
  /** Types a prompt, and presses Enter. */
  readonly type: (prompt: string) => Promise<void>
  /** Once the screen shows that it works: presses Esc, and again if that was not enough, until it is over. */
  readonly escape: (isOver: () => boolean) => Promise<void>
  /** Leaves the agent with Ctrl+C, as a user does, and waits until it has ended. */
  readonly exit: () => Promise<void>
  /** Closes the terminal, and ends what the agent has left running. */
  readonly close: () => Promise<void>
}

export interface SessionOptions {
  readonly agent: Agent
  readonly place: Place
  /** The folder that its packages are installed in. */
  readonly installed: string
  /** The whole environment, but for what the agent needs itself. */
  readonly env: Readonly<Record<string, string>>
  readonly resume?: boolean
}

/** Whoever types faster than this pastes, and Enter is then part of the text. */
const afterPaste = 600

/** pi wants the second one within half a second. */
const betweenExits = 200
const betweenEscapes = 2_000

/** What was typed stands on the screen after so long, or never. */
const untilLost = 8_000

/** Milliseconds between two looks at a screen: each starts a program. */
const every = 100

const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`

/** A screen may wrap a line anywhere. */
const solid = (text: string): string => text.replace(/[\s│┃|]/g, "")

/** Starts an agent, answers what it asks at its first start, and waits until it can be typed into. */
export const startAgent = async (options: SessionOptions): Promise<AgentSession> => {
  const { agent, installed, place } = options
  const program = join(installed, agent.program)
  const screen = openScreen({
    cwd: place.folder,
    env: {
      ...options.env,
      ...agent.env(place),
      HOME: place.home,
      PATH: `${join(installed, "node_modules/.bin")}:${options.env["PATH"] ?? ""}`,
      COLORTERM: "truecolor"
    },
    columns: 140,
    rows: 45
  })
  const shown = () => screen.lines().join("\n")
  const isIdle = () => {
    const text = shown()
    return agent.ready.test(text) && !agent.working.test(text)
  }
  const otherwise = () => `the screen shows:\n${shown()}`
  const idle = async () => {
    await until(`idle ${agent.name}`, () => isIdle() || undefined, { seconds: 60, every, otherwise })
  }
  const type = async (prompt: string) => {
    screen.type(prompt)
    let next = performance.now() + untilLost
    await until(
      `"${prompt}" on the screen`,
      () => {
        const text = solid(shown())
        if (text.includes(solid(prompt))) return true
        // An agent that has just taken up a conversation may lose what is typed.
        if (performance.now() > next && !text.includes(solid(prompt.slice(0, 4)))) {
          next = performance.now() + untilLost
          screen.type(prompt)
        }
        return undefined
      },
      { seconds: 30, every, otherwise }
    )
    await Bun.sleep(afterPaste)
    screen.press("Enter")
  }
  const pressUntil = async (key: string, between: number, isOver: () => boolean) => {
    let next = 0
    await until(
      `end after ${key}`,
      () => {
        if (isOver()) return true
        if (performance.now() < next) return undefined
        next = performance.now() + between
        screen.press(key)
        return undefined
      },
      { seconds: 60, every, otherwise }
    )
  }
  const session: AgentSession = {
    screen,
    isIdle,
    idle,
    type,
    escape: async (isOver) => {
      await until(`${agent.name} at work`, () => agent.working.test(shown()) || undefined, {
        seconds: 30,
        every,
        otherwise
      })
      await pressUntil("Escape", agent.secondEscape ?? betweenEscapes, isOver)
      if (agent.emptied === undefined) return
      await until(`rest of ${agent.name}`, () => !agent.working.test(shown()) || undefined, {
        seconds: 30,
        every,
        otherwise
      })
      await pressUntil(agent.emptied, betweenEscapes, isIdle)
    },
    exit: async () => {
      // All of them ask for it twice, and some forget the first one after a while.
      await pressUntil("C-c", betweenExits, () => screen.says("#{pane_current_command}") === "sh")
    },
    close: async () => {
      screen.close()
      await endAllOf(place.home)
    }
  }
  const command = [program, ...(options.resume ? agent.resume : []), ...agent.args].map(quoted).join(" ")
  screen.type(`clear; ${command}`)
  screen.press("Enter")
  try {
    await until(
      `${agent.name} that can be typed into`,
      () => {
        const text = shown()
        const dialog = agent.dialogs.find(({ shows }) => shows.test(text))
        if (dialog !== undefined) screen.press(...dialog.keys)
        return (dialog === undefined && isIdle()) || undefined
      },
      { seconds: 180, every, otherwise }
    )
    return session
  } catch (error) {
    await session.close()
    throw error
  }
}
