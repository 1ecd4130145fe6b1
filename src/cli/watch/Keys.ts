/** What a key does: a pure function from what is shown to what is shown next, and to what is asked of the bus. */
import type { Behavior } from "../../domain/Permission.ts"
import { edit, empty } from "./Editor.ts"
import { layoutOf } from "./Layout.ts"
import { linesOf, roomFor } from "./Overlay.ts"
import type { End, Letter, Scene, SceneMessage } from "./Scene.ts"
import {
  type Command,
  chosen,
  filtered,
  focusOf,
  type Key,
  type Over,
  type Panel,
  projectsIn,
  type State,
  type Typing,
  type World
} from "./State.ts"

type Next = readonly [State, Command?]

/** For how long a question takes no yes, in milliseconds: so long, nobody has read it. */
const unread = 400

/** So many messages before the end of those that are held, others are fetched. */
const edge = 30

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

const refused = (state: State, words: string): State => ({ ...state, outcome: { ok: false, words } })

const moveMessage = (state: State, shown: Scene, by: number): State => {
  if (by === Number.NEGATIVE_INFINITY && shown.older > 0) return { ...state, message: 0, around: 0 }
  const last = shown.messages.length - 1
  const index = clamp(chosen(state, shown).messages + by, last)
  // At the end, what is chosen follows what comes.
  if (by === Number.POSITIVE_INFINITY || (index >= last && shown.newer === 0))
    return { ...state, message: undefined, around: undefined }
  const id = shown.messages[index]?.id
  const isNear = (index < edge && shown.older > 0) || (index > last - edge && shown.newer > 0)
  return { ...state, message: id, around: isNear ? id : state.around }
}

const move = (state: State, shown: Scene, by: number): State => {
  const at = chosen(state, shown)
  const focus = focusOf(state, shown)
  if (focus === "roster")
    return { ...state, participant: shown.roster[clamp(at.roster + by, shown.roster.length - 1)]?.id }
  if (focus === "requests")
    return { ...state, request: shown.requests[clamp(at.requests + by, shown.requests.length - 1)]?.key }
  return moveMessage(state, shown, by)
}

/** Pins what is held to the chosen message before what comes pushes it out. */
export const pinned = (state: State, scene: Scene): State =>
  state.message !== undefined &&
  state.around === undefined &&
  scene.older > 0 &&
  chosen(state, filtered(scene, state.project)).messages < edge
    ? { ...state, around: state.message }
    : state

const nextPanel = (state: State, shown: Scene): State => {
  const all: ReadonlyArray<Panel> =
    shown.requests.length === 0 ? ["messages", "roster"] : ["messages", "roster", "requests"]
  return { ...state, panel: all[(all.indexOf(focusOf(state, shown)) + 1) % all.length] ?? "messages" }
}

const nextProject = (state: State, scene: Scene): State => {
  const all = [undefined, ...projectsIn(scene)]
  const project = all[(all.indexOf(state.project) + 1) % all.length]
  return {
    ...state,
    project,
    conversation: undefined,
    message: undefined,
    around: undefined,
    participant: undefined,
    request: undefined
  }
}

const ask = (state: State, shown: Scene, behavior: Behavior, world: World): State => {
  const request = shown.requests[chosen(state, shown).requests]
  if (request === undefined) return refused(state, "No permission request waits.")
  if (world.whyNoAnswers !== undefined) return refused(state, `${world.whyNoAnswers}.`)
  return { ...state, over: { _tag: "Confirm", request, behavior, scroll: 0, since: world.now } }
}

const letterTo = (state: State, to: End, answering: Partial<Letter> = {}): State => ({
  ...state,
  over: undefined,
  typing: {
    _tag: "Letter",
    letter: { to, replyTo: undefined, thread: undefined, ...answering },
    busy: false,
    ...empty
  }
})

const reply = (state: State, message: SceneMessage | undefined, me: string): State => {
  if (message === undefined) return refused(state, "There is no message to answer.")
  const { from, id, kind, thread } = message
  const to = from.id === me ? message.to : from
  if (kind !== "chat") return refused(state, `Message ${id} is from cc-dm itself, which reads no answers.`)
  if (to.id === undefined && to === from)
    return refused(
      state,
      `Nothing proves who wrote message ${id}, so there is nobody to answer; s writes to somebody on the roster.`
    )
  // What is answered stays in sight, whatever comes meanwhile.
  return letterTo({ ...state, message: id }, to, { replyTo: id, thread })
}

const converse = (state: State, shown: Scene): State => {
  const message = shown.messages[chosen(state, shown).messages]
  if (message === undefined) return refused(state, "There is no message whose thread could be shown.")
  const { from, id, thread, to } = message
  return {
    ...state,
    panel: "messages",
    conversation:
      thread === undefined ? { _tag: "Between", one: from, other: to } : { _tag: "Thread", id: thread },
    message: id,
    around: id
  }
}

const find = (state: State, shown: Scene, words: string, newer: boolean, atOnce: boolean): Next => {
  const at = shown.messages[chosen(state, shown).messages]?.id ?? 0
  const from = newer ? { after: at } : { before: atOnce ? at + 1 : at }
  return [
    { ...state, words, panel: "messages" },
    { _tag: "Find", words, from }
  ]
}

const enter = (state: State, shown: Scene, world: World): State => {
  const focus = focusOf(state, shown)
  const at = chosen(state, shown)
  if (focus === "requests") return ask(state, shown, "allow", world)
  if (focus === "roster") {
    const to = shown.roster[at.roster]
    return to === undefined ? state : letterTo(state, to)
  }
  const message = shown.messages[at.messages]
  return message === undefined ? state : { ...state, over: { _tag: "Message", message, scroll: 0 } }
}

const browse = (state: State, key: Key, world: World): Next => {
  if (key.ctrl || key.name === "paste") return [state]
  const shown = filtered(world.scene, state.project)
  const focus = focusOf(state, shown)
  const height = layoutOf(world.columns, world.rows - 2, shown, state)[focus]
  const by = step(key, Math.max(1, height - 1))
  if (by !== undefined) return [move(state, shown, by)]
  if (key.name === "tab") return [nextPanel(state, shown)]
  if (key.name === "enter") return [enter(state, shown, world)]
  if (key.name === "escape")
    return [
      state.conversation === undefined ? state : { ...state, conversation: undefined, around: state.message }
    ]
  switch (key.text) {
    case "q":
      return [state, { _tag: "Quit" }]
    case "?":
      return [{ ...state, over: { _tag: "Help", scroll: 0 } }]
    case "p":
      return [nextProject(state, world.scene)]
    case "s":
      return [
        shown.roster.length === 0
          ? refused(state, "Nobody is on the bus.")
          : { ...state, over: { _tag: "Receiver" } }
      ]
    case "r":
      return [reply(state, shown.messages[chosen(state, shown).messages], world.me)]
    case "t":
      return [converse(state, shown)]
    case "/":
      return [{ ...state, typing: { _tag: "Search", ...empty } }]
    case "n":
    case "N":
      return state.words === undefined
        ? [refused(state, "Nothing was searched yet; / searches.")]
        : find(state, shown, state.words, key.text === "N", false)
    case "a":
      return [ask(state, shown, "allow", world)]
    case "d":
      return [ask(state, shown, "deny", world)]
    default:
      return [state]
  }
}

const type = (state: State, typing: Typing, key: Key, world: World): Next => {
  if (key.name === "escape") return [{ ...state, typing: undefined }]
  if (typing._tag === "Letter" && typing.busy) return [state]
  if (key.name !== "enter") return [{ ...state, typing: { ...typing, ...edit(typing, key) } }]
  if (typing._tag === "Search") {
    const words = typing.text === "" ? state.words : typing.text
    const closed = { ...state, typing: undefined }
    return words === undefined
      ? [closed]
      : find(closed, filtered(world.scene, state.project), words, false, true)
  }
  if (typing.text.trim() === "") return [state]
  return [
    { ...state, typing: { ...typing, busy: true } },
    { _tag: "Send", letter: typing.letter, text: typing.text }
  ]
}

const choose = (state: State, key: Key, world: World): Next => {
  const { roster } = filtered(world.scene, state.project)
  const at = roster.findIndex(({ id }) => id === state.participant)
  const by = step(key, roomFor(world).height)
  if (by !== undefined)
    return [{ ...state, participant: roster[clamp(Math.max(0, at) + by, roster.length - 1)]?.id }]
  const to = roster[Math.max(0, at)]
  if (key.name === "enter" && to !== undefined) return [letterTo(state, to)]
  return [key.name === "escape" || key.text === "q" ? { ...state, over: undefined } : state]
}

const scroll = (over: Extract<Over, { readonly scroll: number }>, key: Key, world: World) => {
  const { height, width } = roomFor(world)
  const by = step(key, height)
  const most = Math.max(0, linesOf(over, width).length - height)
  return by === undefined || (over._tag === "Help" && most === 0)
    ? undefined
    : { ...over, scroll: clamp(over.scroll + by, most) }
}

/** What a key does. */
export const press = (before: State, key: Key, world: World): Next => {
  if (key.ctrl && key.text === "c") return [before, { _tag: "Quit" }]
  const state = before.outcome === undefined ? before : { ...before, outcome: undefined }
  const { over, typing } = state
  if (typing !== undefined) return type(state, typing, key, world)
  if (over === undefined) return browse(state, key, world)
  // What is pasted presses no keys.
  if (key.name === "paste") return [state]
  if (over._tag === "Receiver") return choose(state, key, world)
  const scrolled = scroll(over, key, world)
  if (scrolled !== undefined) return [{ ...state, over: scrolled }]
  const closed = { ...state, over: undefined }
  if (over._tag === "Help") return [closed]
  if (over._tag === "Message") {
    if (key.text === "r") return [reply(closed, over.message, world.me)]
    return key.name === "escape" || key.name === "enter" || key.text === "q" ? [closed] : [state]
  }
  if (key.text === "y" || key.text === "Y")
    return world.now - over.since < unread
      ? [state]
      : [
          { ...closed, outcome: { ok: true, words: `Answering ${over.request.requestId} ...` } },
          { _tag: "Answer", request: over.request, behavior: over.behavior }
        ]
  return [refused(closed, `Nothing was done; ${over.request.requestId} still waits.`)]
}
