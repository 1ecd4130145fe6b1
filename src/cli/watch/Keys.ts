/** What a key does: a pure function from what is shown to what is shown next, and to what is asked of the bus. */
import type { Behavior } from "../../domain/Permission.ts"
import type { Scene } from "./Scene.ts"
import {
  type Command,
  chosen,
  filtered,
  type Key,
  linesOf,
  type Over,
  type Panel,
  pageOf,
  projectsIn,
  type State,
  type World
} from "./State.ts"

type Next = readonly [State, Command?]

/** For how long a question takes no yes, in milliseconds: so long, nobody has read it. */
const unread = 400

const clamp = (value: number, most: number) => Math.max(0, Math.min(value, most))

/** How far a key moves; `undefined`: it is no key for moving. */
const step = ({ ctrl, name, text }: Key, page: number): number | undefined => {
  if (name === "up" || (!ctrl && text === "k")) return -1
  if (name === "down" || (!ctrl && text === "j")) return 1
  if (name === "pageUp") return -page
  if (name === "pageDown") return page
  if (name === "home" || text === "g") return Number.NEGATIVE_INFINITY
  if (name === "end" || text === "G") return Number.POSITIVE_INFINITY
  return undefined
}

const scrolled = <O extends Extract<Over, { readonly scroll: number }>>(
  over: O,
  by: number,
  world: World
): O => {
  const { height, width } = pageOf(world)
  return { ...over, scroll: clamp(over.scroll + by, Math.max(0, linesOf(over, width).length - height)) }
}

const panels = (shown: Scene): ReadonlyArray<Panel> =>
  shown.requests.length === 0 ? ["messages", "roster"] : ["messages", "roster", "requests"]

const move = (state: State, shown: Scene, by: number): State => {
  const at = chosen(state, shown)
  if (state.panel === "roster") {
    const next = shown.roster[clamp(at.roster + by, shown.roster.length - 1)]
    return { ...state, participant: next?.id }
  }
  if (state.panel === "requests") {
    const next = shown.requests[clamp(at.requests + by, shown.requests.length - 1)]
    return { ...state, request: next?.key }
  }
  const index = clamp(at.messages + by, shown.messages.length - 1)
  // At the end, what is chosen follows what comes.
  return { ...state, message: index === shown.messages.length - 1 ? undefined : shown.messages[index]?.id }
}

const nextProject = (state: State, scene: Scene): State => {
  const all = [undefined, ...projectsIn(scene)]
  const project = all[(all.indexOf(state.project) + 1) % all.length]
  return { ...state, project, message: undefined, participant: undefined, request: undefined }
}

const ask = (state: State, shown: Scene, behavior: Behavior, world: World): State => {
  const request = shown.requests[chosen(state, shown).requests]
  if (request === undefined)
    return { ...state, outcome: { ok: false, words: "No permission request waits." } }
  if (world.whyNoAnswers !== undefined)
    return { ...state, outcome: { ok: false, words: `${world.whyNoAnswers}.` } }
  return { ...state, over: { _tag: "Confirm", request, behavior, scroll: 0, since: world.now } }
}

const browse = (state: State, key: Key, world: World): Next => {
  const shown = filtered(world.scene, state.project)
  const by = step(key, pageOf(world).height)
  if (by !== undefined) return [move(state, shown, by)]
  if (key.name === "tab") {
    const all = panels(shown)
    return [{ ...state, panel: all[(all.indexOf(state.panel) + 1) % all.length] ?? "messages" }]
  }
  if (key.name === "enter") {
    if (state.panel === "requests") return [ask(state, shown, "allow", world)]
    const at = chosen(state, shown)
    if (state.panel === "roster") {
      const to = shown.roster[at.roster]
      return [to === undefined ? state : { ...state, over: { _tag: "Writing", to, text: "", busy: false } }]
    }
    const message = shown.messages[at.messages]
    return [message === undefined ? state : { ...state, over: { _tag: "Message", message, scroll: 0 } }]
  }
  switch (key.text) {
    case "q":
      return [state, { _tag: "Quit" }]
    case "?":
      return [{ ...state, over: { _tag: "Help" } }]
    case "p":
      return [nextProject(state, world.scene)]
    case "s":
      return [
        shown.roster.length === 0
          ? { ...state, outcome: { ok: false, words: "Nobody is on the bus." } }
          : { ...state, over: { _tag: "Receiver", at: chosen(state, shown).roster } }
      ]
    case "a":
      return [ask(state, shown, "allow", world)]
    case "d":
      return [ask(state, shown, "deny", world)]
    default:
      return [state]
  }
}

const write = (state: State, over: Extract<Over, { readonly _tag: "Writing" }>, key: Key): Next => {
  if (key.name === "escape") return [{ ...state, over: undefined }]
  if (over.busy) return [state]
  const becomes = (text: string): Next => [{ ...state, over: { ...over, text } }]
  if (key.name === "enter")
    return over.text.trim() === ""
      ? [state]
      : [
          { ...state, over: { ...over, busy: true } },
          { _tag: "Send", to: over.to, text: over.text }
        ]
  if (key.name === "erase") return becomes([...over.text].slice(0, -1).join(""))
  if (key.ctrl && key.text === "u") return becomes("")
  if (key.ctrl && key.text === "w") return becomes(over.text.replace(/\S*\s*$/, ""))
  return key.ctrl || key.text === "" ? [state] : becomes(over.text + key.text)
}

/** What a key does. */
export const press = (before: State, key: Key, world: World): Next => {
  if (key.ctrl && key.text === "c") return [before, { _tag: "Quit" }]
  const state = before.outcome === undefined ? before : { ...before, outcome: undefined }
  const { over } = state
  if (over === undefined) return browse(state, key, world)
  const closed = { ...state, over: undefined }
  if (over._tag === "Writing") return write(state, over, key)
  if (over._tag === "Help") return [closed]
  if (over._tag === "Receiver") {
    const { roster } = filtered(world.scene, state.project)
    const by = step(key, pageOf(world).height)
    if (by !== undefined) return [{ ...state, over: { ...over, at: clamp(over.at + by, roster.length - 1) } }]
    const to = roster[clamp(over.at, roster.length - 1)]
    if (key.name === "enter" && to !== undefined)
      return [{ ...state, over: { _tag: "Writing", to, text: "", busy: false } }]
    return key.name === "escape" || key.text === "q" ? [closed] : [state]
  }
  const by = step(key, pageOf(world).height)
  if (by !== undefined) return [{ ...state, over: scrolled(over, by, world) }]
  if (over._tag === "Message")
    return key.name === "escape" || key.name === "enter" || key.text === "q" ? [closed] : [state]
  if (key.text === "y" || key.text === "Y")
    return world.now - over.since < unread
      ? [state]
      : [
          { ...closed, outcome: { ok: true, words: `Answering ${over.request.requestId} ...` } },
          { _tag: "Answer", request: over.request, behavior: over.behavior }
        ]
  return [
    { ...closed, outcome: { ok: false, words: `Nothing was done; ${over.request.requestId} still waits.` } }
  ]
}
