/** What a key does: a pure function from what is shown to what is shown next, and to what is asked of the bus. */
import type { Behavior } from "../../domain/Permission.ts"
import { wrap } from "../Columns.ts"
import type { Asked, Outcome, Scene, Seat, Talk } from "./Scene.ts"

export type Panel = "roster" | "messages" | "requests"

/** What lies over the panels. */
export type Over =
  | { readonly _tag: "Help" }
  | { readonly _tag: "Message"; readonly message: Talk; readonly scroll: number }
  | { readonly _tag: "Receiver"; readonly at: number }
  | { readonly _tag: "Writing"; readonly to: Seat; readonly text: string; readonly busy: boolean }
  | {
      readonly _tag: "Confirm"
      readonly request: Asked
      readonly behavior: Behavior
      readonly scroll: number
      /** When the question was shown, in milliseconds. */
      readonly since: number
    }

export interface State {
  readonly panel: Panel
  readonly project: string | undefined
  readonly seat: string | undefined
  /** The chosen message; `undefined`: the newest, whichever that is. */
  readonly message: number | undefined
  readonly request: string | undefined
  readonly over: Over | undefined
  readonly note: Outcome | undefined
}

/** What a key is pressed in front of. */
export interface World {
  readonly scene: Scene
  readonly columns: number
  readonly rows: number
  readonly whyNoAnswers: string | undefined
  /** Milliseconds, from any start. */
  readonly now: number
}

export interface Key {
  /** What was typed; empty for a key without a character. */
  readonly text: string
  readonly name:
    | "up"
    | "down"
    | "pageUp"
    | "pageDown"
    | "home"
    | "end"
    | "enter"
    | "escape"
    | "tab"
    | "erase"
    | undefined
  readonly ctrl: boolean
}

export type Command =
  | { readonly _tag: "Quit" }
  | { readonly _tag: "Send"; readonly to: Seat; readonly text: string }
  | { readonly _tag: "Answer"; readonly request: Asked; readonly behavior: Behavior }

type Next = readonly [State, Command?]

/** For how long a question takes no yes, in milliseconds: so long, nobody has read it. */
const unread = 400

export const initial = (project: string | undefined): State => ({
  panel: "messages",
  project,
  seat: undefined,
  message: undefined,
  request: undefined,
  over: undefined,
  note: undefined
})

/** All projects that anybody or anything is in. */
export const projectsIn = (scene: Scene): ReadonlyArray<string> =>
  [
    ...new Set([
      ...scene.roster.flatMap(({ project }) => (project === null ? [] : [project])),
      ...scene.messages.flatMap(({ projects }) => projects)
    ])
  ].sort()

/** What of a scene is shown: all of it, or one project. */
export const filtered = (scene: Scene, project: string | undefined): Scene =>
  project === undefined
    ? scene
    : {
        ...scene,
        roster: scene.roster.filter((seat) => seat.project === project || seat.kind === "command line"),
        messages: scene.messages.filter(({ projects }) => projects.includes(project)),
        requests: scene.requests.filter((request) => request.project === project)
      }

/** Where the chosen ones are; -1 where a list is empty. */
export const chosen = (state: State, shown: Scene) => {
  const message =
    state.message === undefined ? -1 : shown.messages.findIndex(({ id }) => id === state.message)
  return {
    roster: Math.max(
      Math.min(0, shown.roster.length - 1),
      shown.roster.findIndex(({ id }) => id === state.seat)
    ),
    messages: message === -1 ? shown.messages.length - 1 : message,
    requests: Math.max(
      Math.min(0, shown.requests.length - 1),
      shown.requests.findIndex(({ key }) => key === state.request)
    )
  }
}

/** The room within an overlay. */
export const pageOf = ({ columns, rows }: Pick<World, "columns" | "rows">) => ({
  width: Math.max(10, columns - 4),
  height: Math.max(1, rows - 8)
})

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

/** The lines of what lies over the panels. */
export const linesOf = (over: Extract<Over, { readonly scroll: number }>, width: number) =>
  wrap(over._tag === "Message" ? over.message.content : over.request.content, width)

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
    return { ...state, seat: next?.id }
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
  return { ...state, project, message: undefined, seat: undefined, request: undefined }
}

const ask = (state: State, shown: Scene, behavior: Behavior, world: World): State => {
  const request = shown.requests[chosen(state, shown).requests]
  if (request === undefined) return { ...state, note: { ok: false, words: "No permission request waits." } }
  if (world.whyNoAnswers !== undefined)
    return { ...state, note: { ok: false, words: `${world.whyNoAnswers}.` } }
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
          ? { ...state, note: { ok: false, words: "Nobody is on the bus." } }
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
  const state = before.note === undefined ? before : { ...before, note: undefined }
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
          { ...closed, note: { ok: true, words: `Answering ${over.request.requestId} ...` } },
          { _tag: "Answer", request: over.request, behavior: over.behavior }
        ]
  return [
    { ...closed, note: { ok: false, words: `Nothing was done; ${over.request.requestId} still waits.` } }
  ]
}

/** What is shown when something that was asked of the bus is done. */
export const finished = (state: State, command: Command, outcome: Outcome): State => {
  if (command._tag !== "Send" || state.over?._tag !== "Writing") return { ...state, note: outcome }
  // Words that could not be sent are not lost.
  return { ...state, note: outcome, over: outcome.ok ? undefined : { ...state.over, busy: false } }
}
