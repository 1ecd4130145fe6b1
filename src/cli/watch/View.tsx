/** The live view, drawn with Ink. Its own built file: React is loaded for `watch` alone. */
import { Box, type Key as InkKey, render, Text, useCursor, useInput, usePaste, useWindowSize } from "ink"
import { memo, useSyncExternalStore } from "react"
import { visible } from "../../domain/Text.ts"
import { monotonic, oneWriteAFrame, restoreAtExit, withoutLineWrap } from "../../platform/Screen.ts"
import { frameOf } from "./Frame.ts"
import { pinned, press } from "./Keys.ts"
import type { Size } from "./Layout.ts"
import type { Actions, Scene, ShowLiveView, Wanted } from "./Scene.ts"
import type { Line } from "./Spans.ts"
import { type Command, finished, found, initial, type Key, type State, wantedBy } from "./State.ts"

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
  if (key.leftArrow) return "left"
  if (key.rightArrow) return "right"
  if (key.pageUp) return "pageUp"
  if (key.pageDown) return "pageDown"
  if (key.home) return "home"
  if (key.end) return "end"
  if (key.return) return "enter"
  if (key.escape) return "escape"
  if (key.tab) return "tab"
  if (key.delete) return "delete"
  return key.backspace ? "backspace" : undefined
}

const lineEnds = /\r\n?/g

/** Keys out of what came at once. Several lines at once are a paste, from a terminal that does not mark it. */
const keysIn = (input: string, ctrl: boolean): ReadonlyArray<Key> => {
  if (ctrl) return [{ text: input, name: undefined, ctrl: true }]
  if (/[\r\n]./s.test(input)) return [pasted(input)]
  return Array.from(input, (character): Key => {
    if (/[\r\n]/.test(character)) return { text: "", name: "enter", ctrl: false }
    if (character === "\t") return { text: "", name: "tab", ctrl: false }
    return { text: visible(character), name: undefined, ctrl: false }
  })
}

const pasted = (text: string): Key => ({
  text: visible(text.replace(lineEnds, "\n")),
  name: "paste",
  ctrl: false
})

/** Drawn anew only if it has changed. */
const Row = memo(
  ({ colour, line }: { readonly line: Line; readonly colour: boolean }) => (
    <Text wrap="truncate">
      {line.map(({ bold, colour: wanted, dim, inverse, text, underline }, index) => (
        <Text
          key={index}
          bold={bold ?? false}
          dimColor={dim ?? false}
          inverse={inverse ?? false}
          underline={underline ?? false}
          {...(colour && wanted !== undefined ? { color: wanted } : {})}
        >
          {text}
        </Text>
      ))}
    </Text>
  ),
  (one, other) => Bun.deepEquals(one.line, other.line)
)

const Screen = (props: {
  readonly store: Store
  readonly colour: boolean
  readonly onKey: (key: Key, size: Size) => void
}) => {
  const { scene, state } = useSyncExternalStore(props.store.subscribe, props.store.get)
  const size = useWindowSize()
  const { setCursorPosition } = useCursor()
  useInput((input, key) => {
    const name = nameOf(key)
    if (name !== undefined) return props.onKey({ text: "", name, ctrl: false }, size)
    if (key.meta) return
    for (const one of keysIn(input, key.ctrl)) props.onKey(one, size)
  })
  usePaste((text) => props.onKey(pasted(text), size))
  const { cursor, lines } = frameOf(scene, state, size)
  setCursorPosition(cursor)
  return (
    <Box flexDirection="column" width={size.columns} height={size.rows} overflow="hidden">
      {lines.map((line, index) => (
        <Row key={index} line={line} colour={props.colour} />
      ))}
    </Box>
  )
}

/** Shows the view, on the alternate screen. */
export const show: ShowLiveView = (first, actions, { colour, project }) => {
  const store = new Store(first, initial(project))
  let wanted: Wanted = wantedBy(store.get().state)
  const become = (state: State, scene?: Scene) => {
    const before = store.get()
    if (state !== before.state || scene !== undefined) store.set({ state, scene: scene ?? before.scene })
    const next = wantedBy(state)
    if (Bun.deepEquals(next, wanted)) return
    wanted = next
    actions.want(next)
  }
  const onKey = (key: Key, size: Size) => {
    const { scene, state } = store.get()
    const { me, whyNoAnswers } = actions
    const [next, command] = press(state, key, { ...size, scene, whyNoAnswers, me, now: monotonic() })
    become(next)
    if (command?._tag === "Quit") app.unmount()
    else if (command !== undefined)
      void perform(actions, command, wanted).then((done) => become(done(store.get().state)))
  }
  const takeBack = restoreAtExit()
  const wrapAgain = withoutLineWrap()
  const app = render(<Screen store={store} colour={colour} onKey={onKey} />, {
    stdout: oneWriteAFrame(),
    alternateScreen: true,
    incrementalRendering: true,
    exitOnCtrlC: false,
    // Else an environment that says CI gets no view, though it has a terminal.
    interactive: true
  })
  const ended = app.waitUntilExit().then(() => {
    wrapAgain()
    takeBack()
  })
  return {
    update: (scene) => become(pinned(store.get().state, scene), scene),
    ended,
    close: async () => {
      app.unmount()
      await ended
    }
  }
}

/** Does what a key asked for, and gives what it changes in the state of then. */
const perform = async (
  actions: Actions,
  command: Exclude<Command, { readonly _tag: "Quit" }>,
  wanted: Wanted
): Promise<(state: State) => State> => {
  if (command._tag === "Find") {
    const result = await actions.find(command.words, command.from, wanted)
    return (state) => found(state, command, result)
  }
  const outcome = await (command._tag === "Send"
    ? actions.send(command.letter, command.text)
    : actions.answer(command.request, command.behavior))
  return (state) => finished(state, outcome)
}
