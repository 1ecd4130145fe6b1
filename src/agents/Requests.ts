/**
 * Which request the model has answered, and which answers to hooks stood in it: what the agent gives with each request is the proof.
 * Events of an agent may come late, so that an answer is known by its id, not by when it is told of.
 */
import type { CallId, HostEvent } from "../hosts/Host.ts"

/** An answer of the model that has ended. `whole`: it was not broken off. */
export interface Reply {
  readonly id: string
  readonly whole: boolean
}

/** What was shown, and what the model has not answered yet. */
interface Shown {
  readonly call: CallId
  readonly text: string
  /** The last request held it. */
  readonly isHeld: boolean
  /** A turn has ended since. */
  readonly isOld: boolean
}

export interface Requests {
  /** These words were put into the session. */
  readonly shown: (call: CallId, text: string) => void
  /** The server did not answer: what it knows may be wrong, and what it has shown may be lost. */
  readonly doubt: () => void
  /**
   * A request is about to go out.
   *
   * @param replies the model's answers in it, as far as they have ended
   * @param texts all other texts in it
   */
  readonly begin: (replies: ReadonlyArray<Reply>, texts: ReadonlyArray<string>) => void
  /** The agent tells of an answer. */
  readonly replied: (reply: Reply) => void
  /** The turn is over. */
  readonly ended: () => void
}

/** @param tell tells the server what happens */
export const followRequests = (tell: (event: HostEvent) => void): Requests => {
  let count = 0
  let open: { readonly request: string; readonly known: ReadonlySet<string> } | undefined
  let shown: ReadonlyArray<Shown> = []
  let isInDoubt = false

  const close = (whole: boolean) => {
    if (open === undefined) return
    tell({ _tag: "Replied", request: open.request, whole })
    open = undefined
    // One that was broken off is asked again with the next request.
    if (whole) shown = shown.filter(({ isHeld }) => !isHeld)
  }
  const replied = ({ id, whole }: Reply) => {
    if (open !== undefined && !open.known.has(id)) close(whole)
  }

  return {
    shown: (call, text) => {
      shown = [...shown, { call, text, isHeld: false, isOld: false }]
    },
    doubt: () => {
      isInDoubt = true
    },
    begin: (replies, texts) => {
      for (const reply of replies) replied(reply)
      // One that was never answered.
      close(false)
      if (isInDoubt) tell({ _tag: "Forgot", cleared: false })
      isInDoubt = false
      const now = shown.map((one) => ({ ...one, isHeld: texts.some((text) => text.includes(one.text)) }))
      // What was typed while the model works stands in a later request; what is not there a turn later was dropped.
      const isDropped = ({ isHeld, isOld }: Shown) => isOld && !isHeld
      shown = now.filter((one) => !isDropped(one))
      const dropped = now.filter(isDropped).map(({ call }) => call)
      if (dropped.length > 0) tell({ _tag: "Dropped", calls: dropped })
      count += 1
      open = { request: `request ${count}`, known: new Set(replies.map(({ id }) => id)) }
      const holds = shown.filter(({ isHeld }) => isHeld).map(({ call }) => call)
      tell({ _tag: "Requested", request: open.request, holds })
    },
    replied,
    ended: () => {
      shown = shown.map((one) => ({ ...one, isOld: true }))
    }
  }
}
