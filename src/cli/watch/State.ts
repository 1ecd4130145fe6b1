/** What of the bus the live view shows now, and what lies over it. */
import type { Behavior } from "../../domain/Permission.ts"
import type { Draft } from "./Editor.ts"
import type {
  Conversation,
  Found,
  From,
  Letter,
  Outcome,
  Scene,
  SceneMessage,
  SceneRequest,
  Wanted
} from "./Scene.ts"

export type Panel = "roster" | "messages" | "requests"

/** What takes the whole screen. */
export type Over =
  | { readonly _tag: "Help"; readonly scroll: number }
  | { readonly _tag: "Message"; readonly message: SceneMessage; readonly scroll: number }
  | { readonly _tag: "Receiver" }
  | {
      readonly _tag: "Confirm"
      readonly request: SceneRequest
      readonly behavior: Behavior
      readonly scroll: number
      /** When the question was shown, in milliseconds. */
      readonly since: number
    }

/** What is being typed, and what for. */
export type Typing = Draft &
  ({ readonly _tag: "Letter"; readonly letter: Letter; readonly busy: boolean } | { readonly _tag: "Search" })

export interface State {
  readonly panel: Panel
  readonly project: string | undefined
  readonly conversation: Conversation | undefined
  readonly participant: string | undefined
  /** The chosen message, or the first one behind that number; `undefined`: the newest, whichever that is. */
  readonly message: number | undefined
  /** Which messages are held: those around this number; `undefined`: the newest. */
  readonly around: number | undefined
  readonly request: string | undefined
  /** What was searched last. */
  readonly words: string | undefined
  readonly over: Over | undefined
  readonly typing: Typing | undefined
  readonly outcome: Outcome | undefined
}

/** What a key is pressed in front of. */
export interface World {
  readonly scene: Scene
  readonly columns: number
  readonly rows: number
  readonly whyNoAnswers: string | undefined
  /** The id that a message of this view has as its sender. */
  readonly me: string
  /** Milliseconds, from any start. */
  readonly now: number
}

export interface Key {
  /** What was typed; empty for a key without a character. */
  readonly text: string
  readonly name:
    | "up"
    | "down"
    | "left"
    | "right"
    | "pageUp"
    | "pageDown"
    | "home"
    | "end"
    | "enter"
    | "escape"
    | "tab"
    | "backspace"
    | "delete"
    /** Text that was pasted, and is no key. */
    | "paste"
    | undefined
  readonly ctrl: boolean
}

export type Command =
  | { readonly _tag: "Quit" }
  | { readonly _tag: "Send"; readonly letter: Letter; readonly text: string }
  | { readonly _tag: "Answer"; readonly request: SceneRequest; readonly behavior: Behavior }
  | { readonly _tag: "Find"; readonly words: string; readonly from: From }

export const initial = (project: string | undefined): State => ({
  panel: "messages",
  project,
  conversation: undefined,
  participant: undefined,
  message: undefined,
  around: undefined,
  request: undefined,
  words: undefined,
  over: undefined,
  typing: undefined,
  outcome: undefined
})

/** Which messages a state asks for. */
export const wantedBy = ({ around, conversation, project }: State): Wanted => ({
  around,
  conversation,
  project
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
        roster: scene.roster.filter(
          (participant) => participant.project === project || participant.kind === "command line"
        ),
        messages: scene.messages.filter(({ projects }) => projects.includes(project)),
        requests: scene.requests.filter((request) => request.project === project)
      }

const indexIn = (length: number, found: number): number => (found === -1 ? Math.min(0, length - 1) : found)

/** Where the chosen ones are; -1 if a list is empty. */
export const chosen = (state: State, shown: Scene) => {
  const from = state.message ?? Number.POSITIVE_INFINITY
  const message = shown.messages.findIndex(({ id }) => id >= from)
  return {
    roster: indexIn(
      shown.roster.length,
      shown.roster.findIndex(({ id }) => id === state.participant)
    ),
    messages: message === -1 ? shown.messages.length - 1 : message,
    requests: indexIn(
      shown.requests.length,
      shown.requests.findIndex(({ key }) => key === state.request)
    )
  }
}

/** The panel that keys go to: the requests' is there only while one waits. */
export const focusOf = (state: State, shown: Scene): Panel =>
  state.panel === "requests" && shown.requests.length === 0 ? "messages" : state.panel

/** What is shown when something that was asked of the bus is done. */
export const finished = (state: State, outcome: Outcome): State => {
  if (state.typing?._tag !== "Letter" || !state.typing.busy) return { ...state, outcome }
  // Words that could not be sent are not lost; what was sent is the newest message.
  return outcome.ok
    ? { ...state, outcome, typing: undefined, message: undefined, around: undefined }
    : { ...state, outcome, typing: { ...state.typing, busy: false } }
}

/** What is shown when a search has come to its end. */
export const found = (
  state: State,
  { from, words }: Extract<Command, { readonly _tag: "Find" }>,
  result: Found
): State => {
  if ("ok" in result) return { ...state, outcome: result }
  const { id } = result
  if (id !== undefined) return { ...state, message: id, around: id }
  const where = "before" in from ? "older" : "newer"
  return { ...state, outcome: { ok: false, words: `No ${where} message holds "${words}".` } }
}
