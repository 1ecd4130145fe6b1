/** What is used of pi's interface for extensions, as its version 0.73.1 has it. */

interface Block {
  readonly type: string
  readonly text?: string
}

export interface Message {
  readonly role: string
  readonly content?: string | ReadonlyArray<Block>
  readonly timestamp: number
  /** Why an answer of the model has ended. */
  readonly stopReason?: "stop" | "length" | "toolUse" | "error" | "aborted"
}

export interface Context {
  readonly cwd: string
  readonly hasUI: boolean
  readonly ui: { readonly notify: (line: string, kind: "info" | "warning") => void }
  readonly sessionManager: { readonly getSessionId: () => string }
  readonly isIdle: () => boolean
}

/** The events that are listened to. */
interface Events {
  readonly session_start: unknown
  readonly session_shutdown: unknown
  readonly session_before_compact: unknown
  readonly session_compact: unknown
  readonly session_tree: unknown
  readonly before_agent_start: { readonly prompt: string; readonly systemPrompt: string }
  readonly agent_start: unknown
  readonly agent_end: { readonly messages: ReadonlyArray<Message> }
  readonly context: { readonly messages: ReadonlyArray<Message> }
  readonly message_end: { readonly message: Message }
  readonly tool_result: {
    readonly toolCallId: string
    readonly toolName: string
    readonly content: ReadonlyArray<Block>
  }
}

/** What the handler of an event may give: `before_agent_start` and `tool_result` take something, the others nothing. */
interface Given {
  readonly systemPrompt?: string
  readonly message?: { readonly customType: string; readonly content: string; readonly display: boolean }
  readonly content?: ReadonlyArray<Block>
}

export interface Pi {
  readonly on: <Name extends keyof Events>(
    name: Name,
    handler: (event: Events[Name], context: Context) => Promise<Given | undefined> | Promise<void>
  ) => void
  readonly registerTool: (tool: {
    readonly name: string
    readonly label: string
    readonly description: string
    readonly parameters: object
    readonly execute: (
      id: string,
      params: object,
      signal: AbortSignal | undefined
    ) => Promise<{ readonly content: ReadonlyArray<Block>; readonly details: object }>
  }) => void
  readonly sendUserMessage: (text: string) => void
}
