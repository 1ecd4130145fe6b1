/** What is used of opencode's interface for plugins, as its version 1.18.33 has it. Kilo 7.7.9 has the same. */

export interface Model {
  readonly providerID: string
  readonly modelID: string
  readonly variant?: string
}

export interface Part {
  readonly id: string
  readonly messageID: string
  readonly sessionID: string
  readonly type: string
  readonly text?: string
  readonly synthetic?: boolean
  readonly state?: { readonly status: string; readonly output?: string }
}

export interface MessageInfo {
  readonly id: string
  readonly sessionID: string
  readonly role: "user" | "assistant"
  readonly agent?: string
  readonly model?: Model
  readonly time?: { readonly completed?: number }
  readonly finish?: string
  readonly error?: unknown
  /** It is the summary that a compaction has made. */
  readonly summary?: unknown
}

export interface Message {
  readonly info: MessageInfo
  readonly parts: ReadonlyArray<Part>
}

export interface SessionInfo {
  readonly id: string
  readonly parentID?: string
  readonly revert?: { readonly messageID: string }
}

export interface Event {
  readonly type: string
  readonly properties: { readonly sessionID?: string; readonly info?: unknown }
}

interface Result<A> {
  readonly data?: A
  readonly error?: unknown
}

export interface Client {
  readonly session: {
    readonly get: (options: { readonly path: { readonly id: string } }) => Promise<Result<SessionInfo>>
    readonly promptAsync: (options: {
      readonly path: { readonly id: string }
      readonly body: {
        readonly agent: string | undefined
        readonly model: Model | undefined
        readonly variant: string | undefined
        readonly parts: ReadonlyArray<{ readonly type: "text"; readonly text: string }>
      }
    }) => Promise<Result<unknown>>
  }
  readonly tui: {
    readonly showToast: (options: {
      readonly body: { readonly message: string; readonly variant: "info"; readonly duration: number }
    }) => Promise<unknown>
  }
  readonly app: {
    readonly log: (options: {
      readonly body: { readonly service: string; readonly level: "warn"; readonly message: string }
    }) => Promise<unknown>
  }
}

interface McpServer {
  readonly type?: string
  readonly command?: ReadonlyArray<string>
  readonly environment?: Readonly<Record<string, string>>
  readonly enabled?: boolean
}

/** The part of the configuration that is changed. */
export interface Config {
  mcp?: Readonly<Record<string, McpServer>>
}

interface ToolUse {
  readonly tool: string
  readonly sessionID: string
  readonly callID: string
}

/** What a tool has returned: a tool of opencode's own a text, one of MCP its contents. */
export interface ToolOutput {
  output?: string
  readonly content?: Array<{ readonly type: string; readonly text?: string }>
}

export interface Hooks {
  readonly config: (config: Config) => Promise<void>
  readonly dispose: () => Promise<void>
  readonly event: (input: { readonly event: Event }) => Promise<void>
  readonly "chat.message": (
    input: { readonly sessionID: string },
    output: { readonly message: MessageInfo; readonly parts: Array<Part> }
  ) => Promise<void>
  readonly "tool.execute.before": (input: ToolUse) => Promise<void>
  readonly "tool.execute.after": (input: ToolUse, output: ToolOutput | undefined) => Promise<void>
  readonly "experimental.session.compacting": (input: { readonly sessionID: string }) => Promise<void>
  readonly "experimental.chat.messages.transform": (
    input: unknown,
    output: { readonly messages: ReadonlyArray<Message> }
  ) => Promise<void>
}
