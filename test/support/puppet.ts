/**
 * A server on strings: it answers hooks as a test told it to by the tool `answer`, pushes what it is given by `push`,
 * and tells by `cancelled` which of its hooks' calls the client gave up. With it the stand-in client is checked by
 * itself, whatever cc-dm's own server does.
 */
import { createInterface } from "node:readline"

const answers = new Map<string, string>()
const asked = new Map<number, string>()
const cancelled: Array<string | undefined> = []

const write = (message: object) => process.stdout.write(`${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`)

/** The text that a tool gives. */
const run = (id: number, name: string, input: Readonly<Record<string, string>>): string => {
  const { event = "", text = "" } = input
  if (name === "session_hook") {
    asked.set(id, event)
    return answers.get(event) ?? "{}"
  }
  if (name === "answer") answers.set(event, text)
  if (name === "push")
    write({ method: "notifications/claude/channel", params: { content: text, meta: { from: "x" } } })
  return JSON.stringify({ cancelled })
}

for await (const line of createInterface({ input: process.stdin })) {
  const { id, method, params } = JSON.parse(line)
  if (method === "notifications/cancelled") cancelled.push(asked.get(params.requestId))
  if (id === undefined) continue
  if (method === "tools/call") {
    const text = run(id, params.name, params.arguments)
    write({ id, result: { content: [{ type: "text", text }] } })
  } else if (method === "initialize") write({ id, result: { capabilities: {} } })
  else write({ id, error: { code: -32601, message: "method not found" } })
}
