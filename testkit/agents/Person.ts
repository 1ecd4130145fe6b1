/** A person at the command line, who writes to agents and reads how far the messages came. */
import { join } from "node:path"
import { mustRun, run as runProgram } from "../../scripts/support/run.ts"
import { until } from "../../scripts/support/until.ts"

const command = join(import.meta.dir, "../../plugin/bin/cc-dm")

export interface Listed {
  readonly name: string
  /** Which agent it is one of. */
  readonly agent: string | null
  readonly cwd: string
  readonly doing: string | null
  readonly reachable_by: string
  /** ISO 8601. */
  readonly last_seen: string
}

export interface Logged {
  readonly message_id: string
  readonly from: string
  readonly to: string
  readonly state: string
  /** ISO 8601. */
  readonly sent_at: string
  readonly content: string
}

export interface Person {
  readonly name: string
  /** Puts cc-dm into an agent's files. */
  readonly install: (agent: string, grants: ReadonlyArray<string>) => Promise<void>
  readonly who: () => Promise<ReadonlyArray<Listed>>
  /** Waits until a session is on the roster. `since`: one that was killed before may stand there for a while. */
  readonly sees: (name: string, since?: Date) => Promise<Listed>
  /** Writes to a session, and gives the message's id. */
  readonly send: (to: string, text: string) => Promise<string>
  /** All messages that history has, the oldest first. */
  readonly log: () => Promise<ReadonlyArray<Logged>>
  readonly message: (id: string) => Promise<Logged>
  /** The message with this content. */
  readonly sent: (content: string) => Promise<Logged>
  /** Waits until a message is in a state. */
  readonly becomes: (id: string, state: string) => Promise<void>
  /** Waits for a message with this text. */
  readonly gets: (text: string) => Promise<Logged>
}

export const personAt = (home: string, path: string, name: string): Person => {
  const options = { cwd: home, env: { HOME: home, PATH: path, USER: "ada" } }
  const run = (...args: ReadonlyArray<string>) => mustRun([command, ...args], options)
  const tryRun = (...args: ReadonlyArray<string>) => runProgram([command, ...args], options)
  const who = async (): Promise<ReadonlyArray<Listed>> => {
    const outcome = await tryRun("who", "--json")
    // The first server makes the bus.
    if (outcome.code !== 0 && outcome.stderr.includes("is not there")) return []
    if (outcome.code !== 0) throw new Error(`who ended with code ${outcome.code}\n${outcome.stderr}`)
    return JSON.parse(outcome.stdout).sessions
  }
  const log = async (): Promise<ReadonlyArray<Logged>> =>
    (await run("log", "--json"))
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => JSON.parse(line))
  const message = async (id: string): Promise<Logged> => {
    const found = (await log()).find(({ message_id }) => message_id === id)
    if (found === undefined) throw new Error(`the log has no message ${id}`)
    return found
  }
  return {
    name,
    install: async (agent, grants) => {
      await run("install", agent, ...grants)
    },
    who,
    sees: (session, since = new Date(0)) =>
      until(
        `${session} on the roster`,
        async () =>
          (await who()).find(({ last_seen, name }) => name === session && new Date(last_seen) >= since),
        { seconds: 30 }
      ),
    send: async (to, text) => JSON.parse(await run("send", to, text, "--from", name, "--json")).message_id,
    log,
    message,
    sent: async (content) => {
      const found = (await log()).find((one) => one.content === content)
      if (found === undefined) throw new Error(`the log has no message "${content}"`)
      return found
    },
    becomes: async (id, state) => {
      let last: string | undefined
      await until(
        `state "${state}" of message ${id}`,
        async () => {
          last = (await message(id)).state
          return last === state || undefined
        },
        { seconds: 20, otherwise: () => `it is ${last}` }
      )
    },
    gets: (text) =>
      until(
        `message "${text}"`,
        async () => {
          const { messages } = JSON.parse(await run("inbox", "--name", name, "--all", "--json"))
          return (messages as ReadonlyArray<Logged>).find(({ content }) => content.includes(text))
        },
        { seconds: 20 }
      )
  }
}
