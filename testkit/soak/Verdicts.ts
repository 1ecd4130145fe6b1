/** Permission requests as they should be: who may answer, whose answer was first, and what may be passed on. */
import { type Book, nowOf, type Player } from "./Book.ts"

interface Answer {
  readonly by: Player
  readonly behavior: "allow" | "deny"
  readonly since: number
  until: number
  /** `chat`: it was not asked, so that its words went as a message. */
  outcome: "under way" | "first" | "late" | "chat" | "unknown" | "refused"
}

export interface Request {
  readonly id: string
  readonly asker: Player
  /** The asker's id when it asked. */
  readonly askerId: string
  readonly askedAt: number
  readonly answers: Array<Answer>
  /** What was passed on to its host. */
  readonly passedOn: Array<string>
}

/** How long a request may take until it is asked, in milliseconds: its asker may stand still, or be slow. */
const asking = 40_000
/** How long an answer counts. */
const life = 300_000

const mayHaveCounted = ({ outcome }: Answer) =>
  outcome === "first" || outcome === "under way" || outcome === "unknown"

export class Verdicts {
  readonly requests: Array<Request> = []
  readonly #book: Book

  constructor(book: Book) {
    this.#book = book
  }

  find(id: string): Request | undefined {
    return this.requests.find((request) => request.id === id)
  }

  ask(asker: Player, id: string): Request | undefined {
    const askerId = asker.ids.at(-1)
    if (askerId === undefined || this.find(id) !== undefined) return undefined
    const request: Request = { id, asker, askerId, askedAt: nowOf(), answers: [], passedOn: [] }
    this.requests.push(request)
    return request
  }

  /** Whether a session may be among those who are asked. */
  mayBeAsked({ asker, askedAt }: Request, player: Player): boolean {
    if (player === asker || asker.approver === "nobody") return false
    const until = askedAt + asking
    const spans = this.#book.spans(player, askedAt, until)
    const theirs = spans.filter((span) => this.#book.isFull(player, span))
    if (asker.approver !== "the project") {
      const { name } = asker.approver
      return theirs.some((span) => span.name === name)
    }
    const projects = this.#book.spans(asker, askedAt, until).map(({ project }) => project)
    return theirs.some(({ project }) => projects.includes(project))
  }

  begin(request: Request, by: Player, behavior: Answer["behavior"]): Answer {
    const answer: Answer = {
      by,
      behavior,
      since: nowOf(),
      until: Number.POSITIVE_INFINITY,
      outcome: "under way"
    }
    request.answers.push(answer)
    return answer
  }

  /** An answer was called the first one, or late, or was taken for chat. */
  end(request: Request, answer: Answer, outcome: Answer["outcome"], why = "") {
    answer.outcome = outcome
    answer.until = nowOf()
    const { by } = answer
    const others = request.answers.filter((one) => one !== answer)
    const what = `request ${request.id} of ${request.asker.key}: the answer of ${by.key}`
    if (outcome === "first") {
      if (!this.mayBeAsked(request, by)) this.#book.complain(`${what} was accepted, and it was not asked`)
      if (others.some((other) => other.outcome === "first"))
        this.#book.complain(`${what} was called the first, and there was another one before`)
    }
    if (outcome !== "late") return
    const isOver = answer.until - request.askedAt > life - 1_000
    const isGone = why.includes("is gone") && !this.#book.wasThere(request.asker, answer.since, answer.until)
    const wasAnswered = others.some((other) => mayHaveCounted(other) && other.since < answer.until)
    if (!isOver && !isGone && !wasAnswered)
      this.#book.complain(`${what} was called late, and nobody had answered: ${why}`)
  }

  /** A verdict came to a session's host. */
  passOn(player: Player, id: string, behavior: string) {
    const request = this.find(id)
    const what = `the verdict "${behavior}" on ${id} was passed on to ${player.key}`
    if (request === undefined || request.asker !== player) {
      this.#book.complain(`${what}, which had not asked`)
      return
    }
    request.passedOn.push(behavior)
    if (request.passedOn.length > 1) this.#book.complain(`${what} a second time`)
    const given = request.answers.filter((answer) => mayHaveCounted(answer) && answer.behavior === behavior)
    if (given.length === 0) this.#book.complain(`${what}, and nobody had given it`)
    if (given.length > 0 && !given.some(({ by }) => this.mayBeAsked(request, by)))
      this.#book.complain(`${what}, and nobody who was asked had given it`)
  }

  /** What must hold once everything has come to rest. */
  settle() {
    for (const request of this.requests) {
      const what = `request ${request.id} of ${request.asker.key}`
      const first = request.answers.filter(({ outcome }) => outcome === "first")
      const known = first[0]
      if (request.passedOn.length > 0 && !request.answers.some(mayHaveCounted))
        this.#book.complain(`${what}: a verdict was passed on, and no answer was accepted`)
      if (known === undefined || request.passedOn.length > 0) continue
      // What a server had not passed on when it died is passed on by the next one, unless it died in between.
      const mayBeLost =
        request.asker.ids.at(-1) !== request.askerId ||
        request.asker.deaths.some((at) => at > known.since - 1_000)
      if (!mayBeLost) this.#book.complain(`${what}: the answer of ${known.by.key} was never passed on`)
    }
  }
}
