/** A stand-in for the model's API, on the loopback: it answers as a check says, and keeps every request. */

/** What the model does: it says something, calls a tool, or can't be asked. */
export type Answer =
  | { readonly _tag: "Say"; readonly text: string }
  | { readonly _tag: "Call"; readonly tool: string; readonly input: object }
  | { readonly _tag: "Fail" }

export interface ModelRequest {
  /** When it arrived, by `performance.now()`. */
  readonly at: number
  /** What came since the model's last words: prompts, results of tools, and what the client and hooks add. */
  readonly news: string
  /** All of the conversation. */
  readonly conversation: string
  /** The names of the tools that the model may call. */
  readonly tools: ReadonlyArray<string>
  /** A tool has ended, and the turn goes on. */
  readonly afterTool: boolean
  /** The client no longer waits for the answer. */
  readonly givenUp: () => boolean
}

export interface ModelApi {
  readonly url: string
  /** The requests so far. */
  readonly requests: ReadonlyArray<ModelRequest>
  readonly stop: () => Promise<void>
}

interface Block {
  readonly type: string
  readonly text?: string
  readonly content?: string | ReadonlyArray<Block>
}

interface Message {
  readonly role: string
  readonly content: string | ReadonlyArray<Block>
}

const textOf = (content: Message["content"] | undefined): string =>
  typeof content === "string"
    ? content
    : (content ?? []).map(({ content, text }) => text ?? textOf(content)).join("\n")

interface Body {
  readonly messages: ReadonlyArray<Message>
  readonly tools?: ReadonlyArray<{ readonly name: string }>
}

const read = ({ messages, tools = [] }: Body, signal: AbortSignal, at: number): ModelRequest => {
  const news = messages.slice(messages.findLastIndex(({ role }) => role === "assistant") + 1)
  const all = (some: ReadonlyArray<Message>) => some.map(({ content }) => textOf(content)).join("\n")
  return {
    at,
    news: all(news),
    conversation: all(messages),
    tools: tools.map(({ name }) => name),
    afterTool: news.some(
      ({ content }) => typeof content !== "string" && content.some(({ type }) => type === "tool_result")
    ),
    givenUp: () => signal.aborted
  }
}

const event = (type: string, fields: object): string =>
  `event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`

const stream = (answer: Exclude<Answer, { _tag: "Fail" }>, number: number): string => {
  const [block, delta, reason] =
    answer._tag === "Say"
      ? [{ type: "text", text: "" }, { type: "text_delta", text: answer.text }, "end_turn"]
      : [
          { type: "tool_use", id: `toolu_${number}`, name: answer.tool, input: {} },
          { type: "input_json_delta", partial_json: JSON.stringify(answer.input) },
          "tool_use"
        ]
  return [
    event("message_start", {
      message: {
        id: `msg_${number}`,
        type: "message",
        role: "assistant",
        model: "stand-in",
        content: [],
        stop_reason: null,
        stop_sequence: null,
        usage: { input_tokens: 1, output_tokens: 1 }
      }
    }),
    event("content_block_start", { index: 0, content_block: block }),
    event("content_block_delta", { index: 0, delta }),
    event("content_block_stop", { index: 0 }),
    event("message_delta", {
      delta: { stop_reason: reason, stop_sequence: null },
      usage: { output_tokens: 1 }
    }),
    event("message_stop", {})
  ].join("")
}

/** An error that the client does not try to get over. */
const failure = () =>
  Response.json(
    { type: "error", error: { type: "invalid_request_error", message: "The stand-in fails." } },
    { status: 400 }
  )

export const startModelApi = (answer: (request: ModelRequest) => Answer | Promise<Answer>): ModelApi => {
  const requests: Array<ModelRequest> = []
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    // A model may think for as long as a check wants.
    idleTimeout: 0,
    async fetch(request) {
      const at = performance.now()
      if (request.method !== "POST" || !new URL(request.url).pathname.endsWith("/v1/messages"))
        return new Response("not here", { status: 404 })
      const received = read((await request.json()) as Body, request.signal, at)
      const number = requests.push(received)
      const given = await answer(received)
      if (given._tag === "Fail") return failure()
      return new Response(stream(given, number), { headers: { "content-type": "text/event-stream" } })
    }
  })
  return { url: `http://127.0.0.1:${server.port}`, requests, stop: () => server.stop(true) }
}
