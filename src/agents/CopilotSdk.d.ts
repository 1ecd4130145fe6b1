/** What is used of Copilot CLI's interface for extensions, which the CLI supplies, as its version 1.0.102 has it. */
declare module "@github/copilot-sdk/extension" {
  interface HookInput {
    readonly sessionId: string
    /** Absent for the main thread. */
    readonly agentId?: string
  }
  interface PromptInput extends HookInput {
    readonly prompt: string
  }
  interface ToolInput extends HookInput {
    readonly toolName: string
  }
  interface Context {
    readonly additionalContext: string
  }

  export interface SessionEvent {
    readonly type: string
    /** Absent for the main thread. */
    readonly agentId?: string
    readonly data: {
      readonly turnId?: string
      readonly interactionId?: string
      /** The model's own id of an answer: what the CLI says for the model has none. */
      readonly apiCallId?: string
      readonly success?: boolean
    }
  }

  export interface Session {
    readonly sessionId: string
    readonly send: (options: { readonly prompt: string }) => Promise<string>
    readonly log: (
      message: string,
      options?: { readonly level?: "info" | "warning"; readonly ephemeral?: boolean }
    ) => Promise<void>
    readonly rpc: {
      /** Another version may not have it: it is not for good yet. */
      readonly metadata?: { readonly isProcessing?: () => Promise<{ readonly processing: boolean }> }
    }
  }

  export const joinSession: (config: {
    /** Is called from before the session is joined, so that no event is missed. */
    readonly onEvent: (event: SessionEvent) => void
    readonly hooks: {
      readonly onUserPromptSubmitted: (input: PromptInput) => Promise<Context | undefined>
      readonly onPostToolUse: (input: ToolInput) => Promise<Context | undefined>
      readonly onPostToolUseFailure: (input: ToolInput) => Promise<Context | undefined>
      readonly onAgentStop: (
        input: HookInput
      ) => Promise<{ readonly decision: "block"; readonly reason: string } | undefined>
    }
  }) => Promise<Session>
}
