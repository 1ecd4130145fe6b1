/** What the hosts see, held against the model at once: whom a message is shown to, from whom, in which order, how often. */
import { system } from "../../src/domain/Message.ts"
import type { Ledger } from "../chaos/Ledger.ts"
import type { ServerNotification } from "../host/ClaudeCode.ts"
import { type Book, nowOf, type Player, type Writing } from "./Book.ts"
import { inEvent, type Sighting } from "./Sighting.ts"
import type { Verdicts } from "./Verdicts.ts"

/** So long before its death a server may not have written down yet what it knew, in milliseconds. */
export const unwritten = 5_000

/** By then a server that is awake has read in its client's log that events are dropped, in milliseconds. */
const readsLog = 60_000

/** A message that somebody was shown, to be held against the bus. */
export interface Shown {
  readonly writing: Writing
  readonly player: Player
  readonly id: string
}

const verdictForm = /^(yes|no) ([a-km-z]{5})$/
const requestForm = /^Permission request ([a-km-z]{5}) from session /
/** What servers say to other sessions by themselves. */
const noticeForm = /^(This session is idle now\. You asked to be told|Your answer to permission request )/

const brief = (text: string) => JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text)

export class Watch {
  /** What was shown since the last look at the bus. */
  shown: Array<Shown> = []
  readonly #book: Book
  readonly #ledger: Ledger
  readonly #verdicts: Verdicts

  constructor(book: Book, ledger: Ledger, verdicts: Verdicts) {
    this.#book = book
    this.#ledger = ledger
    this.#verdicts = verdicts
  }

  /** A message stood before a session's model, or came as an event. */
  see(player: Player, sighting: Sighting) {
    const { content, from, id, isUnproven } = sighting
    const token = from === system ? undefined : /\[begin (t\d+)\]/.exec(content)?.[1]
    const writing = this.#book.writings.get(token ?? "")
    if (writing !== undefined) return this.#seeWriting(player, writing, sighting)
    const what = `${player.key} was shown words as from "${from}"${isUnproven ? ", marked as unproven" : ""}`
    const wrong = (why: string) => this.#book.complain(`${what}, ${why}: message ${id}, ${brief(content)}`)
    if (from === system) return isUnproven ? wrong("which are cc-dm's own") : undefined
    const request = this.#verdicts.find(requestForm.exec(content)?.[1] ?? "")
    if (request !== undefined) {
      if (!this.#verdicts.mayBeAsked(request, player)) wrong("and was not asked")
      return undefined
    }
    if (verdictForm.test(content) && this.#book.verdictWords.has(content) && !isUnproven) return undefined
    if (noticeForm.test(content) && !isUnproven) return undefined
    return wrong("and nobody wrote them")
  }

  #seeWriting(player: Player, writing: Writing, { content, from, id, isUnproven, meta }: Sighting) {
    const { letter, sender, since } = writing
    const until = Math.min(writing.until, nowOf())
    const names = this.#book.namesOf(sender, since, until)
    if (isUnproven) this.#book.complain(`message ${id} was shown to ${player.key} as unproven`, letter)
    else if (!names.includes(from))
      this.#book.complain(
        `message ${id} was shown to ${player.key} as from "${from}", and its sender was ${names.join(" or ")}`,
        letter
      )
    if (!this.#book.mayReach(writing, player))
      this.#book.complain(
        `message ${id} was shown to ${player.key}, to whom it was not written, or who was out of its scope`,
        letter
      )
    if (meta["message_id"] !== undefined)
      // An answer is in the thread of what it answers.
      for (const key of ["priority", "thread_id", "message_type"])
        if (meta[key] !== writing.meta[key] && !(writing.how === "reply" && key === "thread_id"))
          this.#book.complain(`message ${id} came to ${player.key} with another ${key}`, letter)
    if (content.includes(`[end ${letter.token}]`) && !content.startsWith(`[begin ${letter.token}]`))
      this.#book.complain(`message ${id} came to ${player.key} with other words`, letter)
    this.#ledger.copy(letter, player.key).id ??= id
    this.shown.push({ writing, player, id })
  }

  /** A server said something to its host. */
  hear(player: Player, { method, params }: ServerNotification) {
    if (method === "notifications/claude/channel/permission")
      return this.#verdicts.passOn(player, String(params["request_id"]), String(params["behavior"]))
    if (method !== "notifications/claude/channel") return undefined
    const sighting = inEvent(String(params.content), params.meta ?? {})
    this.see(player, sighting)
    if (player.kind === "dropped" && player.isSettled && nowOf() - player.awakeSince > readsLog)
      this.#book.complain(`message ${sighting.id} was pushed to ${player.key}, whose client drops it`)
    return this.#order(player, sighting)
  }

  #order(player: Player, { content, from, id }: Sighting) {
    const life = player.deaths.length
    const before = player.pushed.get(id)
    const mayBeForgotten =
      before !== undefined &&
      before.life < life &&
      player.deaths.slice(before.life).some((death) => before.at > death - unwritten)
    // What a client drops is offered again, once more as an event if its server begins anew.
    const wasDropped = player.kind === "dropped" && (before?.life ?? life) < life
    if (before !== undefined && !mayBeForgotten && !wasDropped)
      this.#book.complain(`message ${id} was pushed to ${player.key} a second time`)
    player.pushed.set(id, { at: nowOf(), life })
    const token = from === system ? undefined : /\[begin (t\d+)\]/.exec(content)?.[1]
    const writing = this.#book.writings.get(token ?? "")
    // Mail may have waited elsewhere for longer than what was written later.
    if (writing === undefined || writing.how === "mail") return
    const { key } = writing.sender
    const last = player.last.get(key) ?? 0
    if (Number(id) < last)
      this.#book.complain(
        `message ${id} from ${key} came to ${player.key} behind message ${last}, which was written later`,
        writing.letter
      )
    player.last.set(key, Math.max(last, Number(id)))
  }
}
