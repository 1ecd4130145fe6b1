/** OpenAI's Responses: https://platform.openai.com/docs/api-reference/responses-streaming */
import { type Dialect, event, streamed, type Turn, textsIn } from "./Dialect.ts"

interface Item {
  readonly type: string
  readonly role?: string
  readonly content?: unknown
  readonly output?: unknown
}

interface Tool {
  readonly type: string
  readonly name?: string
  readonly description?: string
  /** Those of a namespace. */
  readonly tools?: ReadonlyArray<Tool>
}

interface Body {
  readonly instructions?: string
  readonly input: ReadonlyArray<Item>
  readonly tools?: ReadonlyArray<Tool>
}

/** A tool of a namespace is called by both names; here they are one. */
const separator = "::"

const turnOf = ({ content, output, role, type }: Item): Turn => {
  if (output !== undefined) return { by: "tool", text: textsOf(output) }
  const byModel = role === "assistant" || (role === undefined && type !== "message")
  return { by: byModel ? "model" : "user", text: textsOf(content) }
}

/** The texts of a content. Its parts have types, too, which are no texts. */
const textsOf = (content: unknown): string =>
  (Array.isArray(content) ? content.flatMap(({ text }) => textsIn(text)) : textsIn(content)).join("\n")

const named = (type: string, fields: object): string => event({ type, ...fields }, type)

/** What the agent reads of tokens; a model that has used none is taken for one that failed. */
const usage = {
  input_tokens: 10,
  input_tokens_details: { cached_tokens: 0 },
  output_tokens: 5,
  output_tokens_details: { reasoning_tokens: 0 },
  total_tokens: 15
}

export const responses: Dialect<Body> = {
  name: "responses",
  speaks: (path) => path.endsWith("/responses"),
  read: ({ input, instructions = "", tools = [] }) => ({
    system: [instructions, ...tools.flatMap(({ description, tools }) => (tools && description) ?? [])].join(
      "\n"
    ),
    turns: input.map(turnOf),
    tools: tools.flatMap((tool) => {
      if (tool.tools !== undefined) return tool.tools.map(({ name }) => `${tool.name}${separator}${name}`)
      return tool.name === undefined ? [] : [tool.name]
    })
  }),
  reply: ({ calls, text }, { number }) => {
    const items = calls.map(({ input, tool }, index) => {
      const [namespace, name] = tool.includes(separator) ? tool.split(separator) : [undefined, tool]
      return {
        type: "function_call",
        id: `fc_${number}_${index}`,
        call_id: `call_${number}_${index}`,
        name,
        arguments: JSON.stringify(input),
        ...(namespace === undefined ? {} : { namespace })
      }
    })
    const message = {
      type: "message",
      role: "assistant",
      id: `msg_${number}`,
      content: [{ type: "output_text", text }]
    }
    const id = `resp_${number}`
    return streamed([
      named("response.created", { response: { id } }),
      ...(items.length === 0 ? [message] : items).flatMap((item, output_index) => [
        named("response.output_item.added", { output_index, item }),
        named("response.output_item.done", { output_index, item })
      ]),
      named("response.completed", { response: { id, status: "completed", usage } })
    ])
  },
  failure: () =>
    Response.json(
      { error: { type: "invalid_request_error", code: "invalid_prompt", message: "The stand-in fails." } },
      { status: 400 }
    )
}
