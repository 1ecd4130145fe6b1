/**
 * A stand-in for the APIs of models, on the loopback: it speaks the protocols of all agents at one address, answers as a check
 * says, and keeps every request.
 */
import { until } from "../../scripts/support/until.ts"
import { anthropic } from "./Anthropic.ts"
import { chatCompletions } from "./ChatCompletions.ts"
import { type Answer, type Call, type Dialect, offered, type Reply } from "./Dialect.ts"
import { gemini } from "./Gemini.ts"
import { responses } from "./Responses.ts"

const dialects: ReadonlyArray<Dialect> = [anthropic, responses, chatCompletions, gemini]

export interface ModelRequest {
  /** When it arrived, by `performance.now()`. */
  readonly at: number
  /** The name of the protocol. */
  readonly dialect: string
  /** What came since the model's last words: prompts, results of tools, and what the agent and hooks add. */
  readonly news: string
  /** All of the conversation. */
  readonly conversation: string
  /** The texts of the conversation in their order, prompts and results and the model's own. */
  readonly texts: ReadonlyArray<string>
  /** What the model is told apart from the conversation. */
  readonly system: string
  /** The names of the tools that the model may call. */
  readonly tools: ReadonlyArray<string>
  /** A tool has ended, and the turn goes on. */
  readonly afterTool: boolean
  /** The agent no longer waits for the answer. */
  readonly givenUp: () => boolean
  /** When the answer went out, by `performance.now()`; `undefined` before that, and if nobody waited for it. */
  readonly answeredAt: () => number | undefined
}

export interface ModelApi {
  readonly url: string
  /** The requests so far. */
  readonly requests: ReadonlyArray<ModelRequest>
  /** Waits for a request that fits, after the first `skip` ones. */
  readonly asks: (
    what: string,
    fits: (request: ModelRequest) => boolean,
    options?: { readonly skip?: number; readonly seconds?: number }
  ) => Promise<ModelRequest>
  /** What the requests brought, after the first `skip` ones, for people. */
  readonly told: (skip?: number) => string
  readonly stop: () => Promise<void>
}

const replyOf = (answer: Exclude<Answer, { _tag: "Fail" }>, tools: ReadonlyArray<string>): Reply => {
  if (answer._tag === "Say") return { text: answer.text, calls: [] }
  const calls: ReadonlyArray<Call> = answer._tag === "Calls" ? answer.calls : [answer]
  return { text: "", calls: calls.map(({ input, tool }) => ({ input, tool: offered(tools, tool) })) }
}

/** Beside models, agents ask for little: which there are, and how much a conversation counts. */
const aside = (path: string): Response => {
  if (path.endsWith("/models"))
    return Response.json({ object: "list", data: [{ id: "mock", object: "model", owned_by: "mock" }] })
  if (path.endsWith(":countTokens")) return Response.json({ totalTokens: 10 })
  return new Response("not here", { status: 404 })
}

/** The news without what agents add to every first prompt. */
const summary = (news: string): string =>
  news
    .replace(/<system-reminder>\s*(Attribution|# claudeMd)[\s\S]*?<\/system-reminder>/g, "")
    .replace(/# Environment[\s\S]*/, "")
    .replace(/\s+/g, " ")
    .slice(-1_000)

export const startModelApi = (answer: (request: ModelRequest) => Answer | Promise<Answer>): ModelApi => {
  const requests: Array<ModelRequest> = []
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    // A model may think for as long as a check wants.
    idleTimeout: 0,
    async fetch(request) {
      const at = performance.now()
      const path = new URL(request.url).pathname
      const dialect = dialects.find(({ speaks }) => speaks(path))
      if (request.method !== "POST" || dialect === undefined) return aside(path)
      const body = await request.json()
      const { system, tools, turns } = dialect.read(body)
      const news = turns.slice(turns.findLastIndex(({ by }) => by === "model") + 1)
      const texts = turns.map(({ text }) => text)
      let answeredAt: number | undefined
      const received: ModelRequest = {
        at,
        dialect: dialect.name,
        news: news.map(({ text }) => text).join("\n"),
        conversation: texts.join("\n"),
        texts,
        system,
        tools,
        afterTool: news.some(({ by }) => by === "tool"),
        givenUp: () => request.signal.aborted,
        answeredAt: () => answeredAt
      }
      const number = requests.push(received)
      const given = await answer(received)
      if (!request.signal.aborted) answeredAt = performance.now()
      return given._tag === "Fail"
        ? dialect.failure()
        : dialect.reply(replyOf(given, tools), { body, path, number })
    }
  })
  const inWords = ({ answeredAt, at, givenUp, news }: ModelRequest): string => {
    const answered = answeredAt()
    const when = new Date(performance.timeOrigin + at).toISOString()
    const how = answered === undefined ? "not answered" : `answered after ${Math.round(answered - at)} ms`
    return `- ${when}, ${how}${givenUp() ? ", given up" : ""}: ${summary(news)}`
  }
  const told = (skip = 0) => ["the requests brought:", ...requests.slice(skip).map(inWords)].join("\n")
  return {
    url: `http://127.0.0.1:${server.port}`,
    requests,
    asks: (what, fits, { seconds = 10, skip = 0 } = {}) =>
      until(`request to the model ${what}`, () => requests.slice(skip).find(fits), {
        seconds,
        otherwise: () => told(skip)
      }),
    told,
    stop: () => server.stop(true)
  }
}
