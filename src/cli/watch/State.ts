/** What of the bus the live view shows now, and what lies over it. */
import type { Behavior } from "../../domain/Permission.ts"
import { wrap } from "../Columns.ts"
import type { Outcome, Participant, Scene, SceneMessage, SceneRequest } from "./Scene.ts"

export type Panel = "roster" | "messages" | "requests"

/** What lies over the panels. */
export type Over =
  | { readonly _tag: "Help" }
  | { readonly _tag: "Message"; readonly message: SceneMessage; readonly scroll: number }
  | { readonly _tag: "Receiver"; readonly at: number }
  | { readonly _tag: "Writing"; readonly to: Participant; readonly text: string; readonly busy: boolean }
  | {
      readonly _tag: "Confirm"
      readonly request: SceneRequest
      readonly behavior: Behavior
      readonly scroll: number
      /** When the question was shown, in milliseconds. */
      readonly since: number
    }

export interface State {
  readonly panel: Panel
  readonly project: string | undefined
  readonly participant: string | undefined
  /** The chosen message; `undefined`: the newest, whichever that is. */
  readonly message: number | undefined
  readonly request: string | undefined
  readonly over: Over | undefined
  readonly outcome: Outcome | undefined
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
  | { readonly _tag: "Send"; readonly to: Participant; readonly text: string }
  | { readonly _tag: "Answer"; readonly request: SceneRequest; readonly behavior: Behavior }

export const initial = (project: string | undefined): State => ({
  panel: "messages",
  project,
  participant: undefined,
  message: undefined,
  request: undefined,
  over: undefined,
  outcome: undefined
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

/** Where the chosen ones are; -1 if a list is empty. */
export const chosen = (state: State, shown: Scene) => {
  const message =
    state.message === undefined ? -1 : shown.messages.findIndex(({ id }) => id === state.message)
  return {
    roster: Math.max(
      Math.min(0, shown.roster.length - 1),
      shown.roster.findIndex(({ id }) => id === state.participant)
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

/** The lines of what lies over the panels. */
export const linesOf = (over: Extract<Over, { readonly scroll: number }>, width: number) =>
  wrap(over._tag === "Message" ? over.message.content : over.request.content, width)

/** What is shown when something that was asked of the bus is done. */
export const finished = (state: State, command: Command, outcome: Outcome): State => {
  if (command._tag !== "Send" || state.over?._tag !== "Writing") return { ...state, outcome: outcome }
  // Words that could not be sent are not lost.
  return { ...state, outcome: outcome, over: outcome.ok ? undefined : { ...state.over, busy: false } }
}
