/** OpenAI's Chat Completions, as most makers of models speak it: https://platform.openai.com/docs/api-reference/chat */
import { type Dialect, event, streamed, type Turn, textsIn } from "./Dialect.ts"

interface Message {
  readonly role: string
  readonly content?: unknown
}

interface Body {
  readonly messages: ReadonlyArray<Message>
  readonly stream?: boolean
  readonly tools?: ReadonlyArray<{ readonly function?: { readonly name: string } }>
}

const isSystem = ({ role }: Message): boolean => role === "system" || role === "developer"

/** The texts of a content. Its parts have types, too, which are no texts. */
const textOf = (content: unknown): string =>
  Array.isArray(content)
    ? content.flatMap(({ text }) => textsIn(text)).join("\n")
    : textsIn(content).join("\n")

const speakers: Readonly<Record<string, Turn["by"]>> = { assistant: "model", tool: "tool" }

const usage = { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 }

export const chatCompletions: Dialect<Body> = {
  name: "chat completions",
  speaks: (path) => path.endsWith("/chat/completions"),
  read: ({ messages, tools = [] }) => ({
    system: messages
      .filter(isSystem)
      .map(({ content }) => textOf(content))
      .join("\n"),
    turns: messages
      .filter((message) => !isSystem(message))
      .map(({ content, role }) => ({ by: speakers[role] ?? "user", text: textOf(content) })),
    tools: tools.flatMap((tool) => tool.function?.name ?? [])
  }),
  reply: ({ calls, text }, { body, number }) => {
    const finish_reason = calls.length === 0 ? "stop" : "tool_calls"
    const tool_calls = calls.map(({ input, tool }, index) => ({
      index,
      id: `call_${number}_${index}`,
      type: "function",
      function: { name: tool, arguments: JSON.stringify(input) }
    }))
    const message = {
      role: "assistant",
      ...(calls.length === 0 ? { content: text } : { content: null, tool_calls })
    }
    const common = { id: `chatcmpl-${number}`, created: 1, model: "mock" }
    if (!body.stream)
      return Response.json({
        ...common,
        object: "chat.completion",
        choices: [{ index: 0, finish_reason, message }],
        usage
      })
    const chunk = (delta: object, finish_reason: string | null) => ({
      ...common,
      object: "chat.completion.chunk",
      choices: [{ index: 0, delta, finish_reason }]
    })
    return streamed([
      event(chunk(message, null)),
      event({ ...chunk({}, finish_reason), usage }),
      "data: [DONE]\n\n"
    ])
  },
  failure: () =>
    Response.json(
      { error: { type: "invalid_request_error", message: "The stand-in fails." } },
      { status: 400 }
    )
}
