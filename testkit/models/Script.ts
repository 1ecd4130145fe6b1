/** What a model does, request by request, as a check writes it down beforehand. */
import type { Answer, Call } from "./Dialect.ts"
import type { ModelRequest } from "./ModelApi.ts"

/** An answer, or what gives it when its request is there. */
export type Step = Answer | ((request: ModelRequest) => Answer | Promise<Answer>)

export const say = (text: string): Answer => ({ _tag: "Say", text })
export const call = (tool: string, input: object): Answer => ({ _tag: "Call", tool, input })
/** Several tools at once. */
export const calls = (...calls: ReadonlyArray<Call>): Answer => ({ _tag: "Calls", calls })

/** Something that waits until it is released. */
export interface Gate {
  readonly passed: Promise<void>
  readonly release: () => void
}

export const makeGate = (): Gate => {
  const { promise, resolve } = Promise.withResolvers<void>()
  return { passed: promise, release: resolve }
}

/** An answer that is held until it is released. */
export const held =
  (answer: Answer, gate: Gate): Step =>
  () =>
    gate.passed.then(() => answer)

export interface Script {
  /** What the model's next answers are, instead of those that are still to be given. */
  readonly next: (...steps: ReadonlyArray<Step>) => void
  /** What they are once a request brings this text. */
  readonly when: (text: string, ...steps: ReadonlyArray<Step>) => void
  /** Holds the answers to all requests that hold a text, until it is released. */
  readonly hold: (text: string) => Gate
  readonly answer: (request: ModelRequest) => Promise<Answer>
}

/**
 * Says `Understood.` to what nothing was written for. What is asked beside the conversation, as for its title, takes no step:
 * such requests offer no tools, or `isAside` knows them.
 */
export const makeScript = (isAside: (request: ModelRequest) => boolean = () => false): Script => {
  let left: Array<Step> = []
  const expected: Array<{ readonly text: string; readonly steps: ReadonlyArray<Step> }> = []
  const gates: Array<{ readonly text: string; readonly gate: Gate }> = []
  return {
    next: (...steps) => {
      left = [...steps]
    },
    when: (text, ...steps) => {
      expected.push({ text, steps })
    },
    hold: (text) => {
      const gate = makeGate()
      gates.push({ text, gate })
      return gate
    },
    answer: async (request) => {
      const isBeside = request.tools.length === 0 || isAside(request)
      const come = isBeside ? -1 : expected.findIndex(({ text }) => request.news.includes(text))
      if (come >= 0) left = expected.splice(come, 1).flatMap(({ steps }) => steps)
      const step = isBeside ? undefined : left.shift()
      for (const { gate, text } of gates) if (request.conversation.includes(text)) await gate.passed
      return typeof step === "function" ? step(request) : (step ?? say("Understood."))
    }
  }
}
