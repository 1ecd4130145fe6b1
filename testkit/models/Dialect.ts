/** What the stand-in for a model reads and says, whatever protocol the agent speaks. */

/** A tool that the model calls. */
export interface Call {
  /** As it is offered, or its last part: `dm` means `mcp__cc-dm__dm`. */
  readonly tool: string
  readonly input: object
}

/** What the model does: it says something, calls one tool or several at once, or can't be asked. */
export type Answer =
  | { readonly _tag: "Say"; readonly text: string }
  | ({ readonly _tag: "Call" } & Call)
  | { readonly _tag: "Calls"; readonly calls: ReadonlyArray<Call> }
  | { readonly _tag: "Fail" }

/** One part of a conversation, in its order. */
export interface Turn {
  readonly by: "model" | "user" | "tool"
  readonly text: string
}

export interface Conversation {
  /** What stands apart from the conversation: the system's prompt, and the descriptions of groups of tools. */
  readonly system: string
  readonly turns: ReadonlyArray<Turn>
  /** The names of the tools that the model may call. */
  readonly tools: ReadonlyArray<string>
}

/** What an answer consists of: words, or calls whose tools have the names that were offered. */
export interface Reply {
  readonly text: string
  readonly calls: ReadonlyArray<Call>
}

/** What an answer is made for. */
export interface Asked<Body> {
  readonly body: Body
  readonly path: string
  /** Counts the requests, from 1: what ids are made of. */
  readonly number: number
}

/** One protocol of models. `Body` is what its requests hold, as far as the stand-in reads it. */
export interface Dialect<Body = any> {
  readonly name: string
  /** Whether a request with this path is one of this protocol. */
  readonly speaks: (path: string) => boolean
  readonly read: (body: Body) => Conversation
  readonly reply: (reply: Reply, asked: Asked<Body>) => Response
  /** An error that the agent does not try to get over. */
  readonly failure: () => Response
}

/** All texts within a value, in their order. */
export const textsIn = (value: unknown): ReadonlyArray<string> => {
  if (typeof value === "string") return [value]
  if (Array.isArray(value)) return value.flatMap(textsIn)
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(textsIn) : []
}

/** The name under which a tool is offered, for its whole name or its last part. */
export const offered = (tools: ReadonlyArray<string>, tool: string): string =>
  tools.find((name) => name === tool) ??
  tools.find((name) => /[_\-./:]/.test(name.at(-tool.length - 1) ?? "") && name.endsWith(tool)) ??
  tool

/** One event of a stream. */
export const event = (data: object, type?: string): string =>
  `${type === undefined ? "" : `event: ${type}\n`}data: ${JSON.stringify(data)}\n\n`

export const streamed = (events: ReadonlyArray<string>): Response =>
  new Response(events.join(""), { headers: { "content-type": "text/event-stream" } })
