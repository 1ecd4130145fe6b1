/** The live view, drawn with Ink. Its own built file: React and a layout engine are loaded for `watch` alone. */
import { Box, type Key as InkKey, render, Text, useInput, usePaste, useWindowSize } from "ink"
import { useSyncExternalStore } from "react"
import { visible } from "../../domain/Text.ts"
import { monotonic, oneWriteAFrame, restoreAtExit } from "../../platform/Screen.ts"
import { column, oneLine } from "../Columns.ts"
import { press } from "./Keys.ts"
import { keysOf, Overlay } from "./Overlay.tsx"
import type { Size } from "./Panel.tsx"
import { Panels } from "./Panels.tsx"
import type { Actions, Scene, ShowLiveView } from "./Scene.ts"
import { type Command, filtered, finished, initial, type Key, type State, type World } from "./State.ts"

/** Holds what is shown outside of React: keys that come together each see what the one before did. */
class Store {
  private listeners = new Set<() => void>()
  private current: { readonly scene: Scene; readonly state: State }

  constructor(scene: Scene, state: State) {
    this.current = { scene, state }
  }

  readonly get = () => this.current
  readonly subscribe = (listener: () => void) => {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }
  readonly set = (more: Partial<typeof this.current>) => {
    this.current = { ...this.current, ...more }
    for (const listener of this.listeners) listener()
  }
}

/** What this program calls a key that has no character. */
const nameOf = (key: InkKey): Key["name"] => {
  if (key.upArrow) return "up"
  if (key.downArrow) return "down"
  if (key.pageUp) return "pageUp"
  if (key.pageDown) return "pageDown"
  if (key.home) return "home"
  if (key.end) return "end"
  if (key.return) return "enter"
  if (key.escape) return "escape"
  if (key.tab) return "tab"
  return key.backspace || key.delete ? "erase" : undefined
}

const Screen = (props: { readonly store: Store; readonly onKey: (key: Key, size: Size) => void }) => {
  const { scene, state } = useSyncExternalStore(props.store.subscribe, props.store.get)
  const size = useWindowSize()
  useInput((input, key) => {
    const name = nameOf(key)
    if (name !== undefined) return props.onKey({ text: "", name, ctrl: false }, size)
    if (key.meta) return
    if (key.ctrl) return props.onKey({ text: input, name: undefined, ctrl: true }, size)
    // What is typed fast comes as one piece.
    for (const character of input)
      props.onKey(
        character === "\r" || character === "\n"
          ? { text: "", name: "enter", ctrl: false }
          : character === "\t"
            ? { text: "", name: "tab", ctrl: false }
            : { text: visible(character), name: undefined, ctrl: false },
        size
      )
  })
  usePaste((text) =>
    props.onKey({ text: visible(text.replace(/\r\n?/g, "\n")), name: undefined, ctrl: false }, size)
  )
  const shown = filtered(scene, state.project)
  const waiting = shown.requests.length === 0 ? "" : `  ${shown.requests.length} waiting for an answer`
  const head = ` cc-dm   ${shown.roster.length} on the bus   ${state.project === undefined ? "all projects" : `project ${state.project}`}${waiting}`
  const message = scene.trouble ?? state.outcome?.words
  return (
    <Box flexDirection="column" width={size.columns} height={size.rows} overflow="hidden">
      <Text inverse bold>
        {column(head, size.columns)}
      </Text>
      {state.over === undefined ? (
        <Panels shown={shown} size={size} state={state} />
      ) : (
        <Overlay over={state.over} shown={shown} size={size} />
      )}
      {message === undefined ? (
        <Text dimColor>{oneLine(` ${keysOf(state.over)}`, size.columns)}</Text>
      ) : (
        <Text color={scene.trouble === undefined && state.outcome?.ok ? "green" : "red"}>
          {oneLine(` ${message}`, size.columns)}
        </Text>
      )}
    </Box>
  )
}

const perform = (actions: Actions, command: Exclude<Command, { readonly _tag: "Quit" }>) =>
  command._tag === "Send"
    ? actions.send(command.to, command.text)
    : actions.answer(command.request, command.behavior)

/** Shows the view, on the alternate screen. */
export const show: ShowLiveView = (first, actions, { project }) => {
  const store = new Store(first, initial(project))
  const onKey = (key: Key, size: Size) => {
    const { scene, state } = store.get()
    const world: World = { ...size, scene, whyNoAnswers: actions.whyNoAnswers, now: monotonic() }
    const [next, command] = press(state, key, world)
    if (next !== state) store.set({ state: next })
    if (command?._tag === "Quit") app.unmount()
    else if (command !== undefined)
      void perform(actions, command).then((outcome) =>
        store.set({ state: finished(store.get().state, command, outcome) })
      )
  }
  const takeBack = restoreAtExit()
  const app = render(<Screen store={store} onKey={onKey} />, {
    stdout: oneWriteAFrame(),
    alternateScreen: true,
    incrementalRendering: true,
    exitOnCtrlC: false,
    // Else an environment that says CI gets no view, though it has a terminal.
    interactive: true
  })
  const ended = app.waitUntilExit().then(takeBack)
  return {
    update: (scene) => store.set({ scene }),
    ended,
    close: async () => {
      app.unmount()
      await ended
    }
  }
}
