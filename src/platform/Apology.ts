/**
 * The server of a session that cc-dm can't serve. It keeps to the protocol and says why: to the model in its instructions, and
 * to the user in one line at the next prompt. Anything else looks to both as if cc-dm were not installed.
 *
 * It runs where nothing else does, so it needs nothing.
 */
import { input, output } from "./StdioPipes.ts"

const object = { type: "object" }

const tools = [
  { name: "who", description: "Says why cc-dm does not work in this session.", inputSchema: object },
  { name: "session_hook", description: "For hooks only: never call it.", inputSchema: object }
]

type Fields = Readonly<Record<string, unknown>>

const fieldsOf = (value: unknown): Fields =>
  typeof value === "object" && value !== null ? (value as Fields) : {}

/** A line of this many characters is no request of ours. */
const longest = 1_000_000

const textResult = (json: object, isError = false) => ({
  content: [{ type: "text", text: JSON.stringify(json) }],
  ...(isError ? { isError } : {})
})

/** Answers on stdin and stdout until the client goes. */
export const apologise = (reason: string, version: string): void => {
  let told = false
  const resultOf = (method: unknown, params: Fields): object | undefined => {
    if (method === "initialize")
      return {
        protocolVersion: params["protocolVersion"],
        capabilities: { tools: {} },
        serverInfo: { name: "cc-dm", version },
        instructions: `cc-dm can't send or receive messages in this session: ${reason}. Tell the user when messages matter.`
      }
    if (method === "ping") return {}
    if (method === "tools/list") return { tools }
    if (method !== "tools/call") return undefined
    if (params["name"] !== "session_hook") return textResult({ success: false, error: reason }, true)
    const isPrompt = fieldsOf(params["arguments"])["event"] === "UserPromptSubmit"
    if (!isPrompt || told) return textResult({})
    told = true
    return textResult({ systemMessage: `cc-dm: ${reason}` })
  }

  const answer = (line: string) => {
    let request: Fields
    try {
      request = fieldsOf(JSON.parse(line))
    } catch {
      return
    }
    if (request["id"] === undefined || request["method"] === undefined) return
    const result = resultOf(request["method"], fieldsOf(request["params"]))
    const reply =
      result === undefined ? { error: { code: -32601, message: `there is no such method` } } : { result }
    output.write(`${JSON.stringify({ jsonrpc: "2.0", id: request["id"], ...reply })}\n`)
  }

  let rest = ""
  const decoder = new TextDecoder()
  output.onBroken(() => process.exit(1))
  input.onEnd(() => process.exit(1))
  input.listen((chunk) => {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n")
    rest = lines.pop() ?? ""
    if (rest.length > longest) process.exit(1)
    for (const line of lines) answer(line)
  })
}
