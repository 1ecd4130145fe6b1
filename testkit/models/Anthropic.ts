/** Anthropic's Messages: https://docs.anthropic.com/en/api/messages-streaming */
import { type Dialect, event, type Reply, streamed, type Turn } from "./Dialect.ts"

interface Block {
  readonly type: string
  readonly text?: string
  readonly content?: string | ReadonlyArray<Block>
}

interface Message {
  readonly role: string
  readonly content: string | ReadonlyArray<Block>
}

interface Body {
  readonly system?: Message["content"]
  readonly messages: ReadonlyArray<Message>
  readonly tools?: ReadonlyArray<{ readonly name: string }>
}

const textOf = (content: Message["content"] | undefined): string =>
  typeof content === "string"
    ? content
    : (content ?? []).map(({ content, text }) => text ?? textOf(content)).join("\n")

const speaker = ({ content, role }: Message): Turn["by"] => {
  if (role === "assistant") return "model"
  const isResult = typeof content !== "string" && content.some(({ type }) => type === "tool_result")
  return isResult ? "tool" : "user"
}

const named = (type: string, fields: object): string => event({ type, ...fields }, type)

const blocks = ({ calls, text }: Reply, number: number) =>
  calls.length === 0
    ? [{ start: { type: "text", text: "" }, delta: { type: "text_delta", text } }]
    : calls.map(({ input, tool }, index) => ({
        start: { type: "tool_use", id: `toolu_${number}_${index}`, name: tool, input: {} },
        delta: { type: "input_json_delta", partial_json: JSON.stringify(input) }
      }))

export const anthropic: Dialect<Body> = {
  name: "anthropic",
  speaks: (path) => path.endsWith("/v1/messages"),
  read: ({ messages, system, tools = [] }) => ({
    system: textOf(system),
    turns: messages.map((message) => ({ by: speaker(message), text: textOf(message.content) })),
    tools: tools.map(({ name }) => name)
  }),
  reply: (reply, { number }) =>
    streamed([
      named("message_start", {
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
      ...blocks(reply, number).flatMap(({ delta, start }, index) => [
        named("content_block_start", { index, content_block: start }),
        named("content_block_delta", { index, delta }),
        named("content_block_stop", { index })
      ]),
      named("message_delta", {
        delta: { stop_reason: reply.calls.length === 0 ? "end_turn" : "tool_use", stop_sequence: null },
        usage: { output_tokens: 1 }
      }),
      named("message_stop", {})
    ]),
  failure: () =>
    Response.json(
      { type: "error", error: { type: "invalid_request_error", message: "The stand-in fails." } },
      { status: 400 }
    )
}
