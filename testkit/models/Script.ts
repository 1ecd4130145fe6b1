/** What a model does, request by request, as a check writes it down beforehand. */
import type { Answer, Call } from "./Dialect.ts"
import type { ModelRequest } from "./ModelApi.ts"

/** An answer, or what gives it when its request is there. */
export type Step = Answer | ((request: ModelRequest) => Answer | Promise<Answer>)

export const say = (text: string): Answer => ({ _tag: "Say", text })
export const call = (tool: string, input: object): Answer => ({ _tag: "Call", tool, input })
/** Several tools at once. */
export const calls = (...calls: ReadonlyArray<Call>): Answer => ({ _tag: "Calls", calls })

/** An answer that is held until it is released. */
export const held = (answer: Answer): { readonly step: Step; readonly release: () => void } => {
  const { promise, resolve } = Promise.withResolvers<void>()
  return {
    step: async () => {
      await promise
      return answer
    },
    release: resolve
  }
}

export interface Script {
  /** What the model's next answers are, instead of those that are still to be given. */
  readonly next: (...steps: ReadonlyArray<Step>) => void
  readonly answer: (request: ModelRequest) => Answer | Promise<Answer>
}

/** Says `Understood.` to what nothing was written for. Requests without tools are asides, as for a title: they take no step. */
export const makeScript = (): Script => {
  let left: Array<Step> = []
  return {
    next: (...steps) => {
      left = [...steps]
    },
    answer: (request) => {
      const step = request.tools.length === 0 ? undefined : left.shift()
      return typeof step === "function" ? step(request) : (step ?? say("Understood."))
    }
  }
}
