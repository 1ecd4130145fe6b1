/**
 * `cc-dm hook <agent> <event>`: what agents call whose hooks are commands. It gives what the agent says to the server of its session, and
 * prints the server's answer. A hook is in the user's way: it ends soon, without an error, whatever is wrong. `start.ts` loads it.
 */
import { say, socketsOfSession } from "./SessionSocket.ts"

/** How long all of it may take, in milliseconds. */
const timeout = 2_000

/** So much of a field is told, in characters; what is longer is cut, and what is no plain value is left out. */
const longestField = 20_000

const fieldsOf = (input: unknown): Record<string, unknown> => {
  const fields: Record<string, unknown> = {}
  if (typeof input !== "object" || input === null) return fields
  for (const [name, value] of Object.entries(input)) {
    if (typeof value === "string") fields[name] = value.slice(0, longestField)
    if (typeof value === "number" || typeof value === "boolean") fields[name] = value
  }
  return fields
}

const readInput = async (): Promise<unknown> => {
  try {
    return await Bun.stdin.json()
  } catch {
    return undefined
  }
}

const ask = (path: string, hook: object): Promise<string | undefined> =>
  new Promise((resolve) => {
    say(path, { v: 1, hook }, resolve).then((hangUp) => {
      if (hangUp === undefined) resolve(undefined)
    })
  })

setTimeout(() => process.exit(0), timeout)
const [, agent = "", event = ""] = process.argv.slice(2)
const hook = { ...fieldsOf(await readInput()), agent, event }
for (const path of socketsOfSession()) {
  const answer = await ask(path, hook)
  if (answer === undefined) continue
  if (answer !== "{}") process.stdout.write(`${answer}\n`)
  break
}
process.exit(0)
