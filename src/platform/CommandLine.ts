/** What a program at the command line takes from the platform. */
import { styleText } from "node:util"
import * as BunStdio from "@effect/platform-bun/BunStdio"
import { Context, Effect, FileSystem, Layer, Path, Scope, Terminal } from "effect"
import { ChildProcessSpawner } from "effect/process/ChildProcessSpawner"
import { once } from "../domain/Once.ts"
import { interruptByPipe } from "./Endings.ts"

/** A service that is loaded when something of it is first used, and stays until the program ends. */
const late = <Identifier, Service extends object>(
  service: Context.Key<Identifier, Service>,
  load: () => Layer.Layer<Identifier>
): Layer.Layer<Identifier> => {
  const build = Effect.suspend(() => Layer.buildWithScope(load(), Scope.makeUnsafe()))
  const real = once(() => Context.get(Effect.runSync(build), service))
  const member = (_: object, key: string | symbol): unknown => Reflect.get(real(), key)
  return Layer.succeed(service)(new Proxy<Service>({} as Service, { get: member }))
}

const files = late(FileSystem.FileSystem, () => require("@effect/platform-bun/BunFileSystem").layer)
const paths = late(Path.Path, () => require("@effect/platform-bun/BunPath").layer)
const terminal = late(Terminal.Terminal, () => require("@effect/platform-bun/BunTerminal").layer)
const spawner = late(ChildProcessSpawner, () =>
  Layer.provide(require("@effect/platform-bun/BunChildProcessSpawner").layer, [files, paths])
)

/** What Effect's command-line toolkit works with. Most of it takes long to load, 10 ms in all, and most commands use none of that. */
export const CommandLineServices = Layer.mergeAll(files, paths, terminal, spawner, BunStdio.layer)

/** Whether somebody sits at a terminal: both ends are one. */
export const isInteractive = process.stdin.isTTY === true && process.stdout.isTTY === true

/** When colours are wanted: at a terminal, always, or never. */
export const colourModes = ["auto", "always", "never"] as const
export type ColourMode = (typeof colourModes)[number]

let colourMode: ColourMode = "auto"

/** What the user has said about colours. */
export const setColourMode = (mode: ColourMode): void => {
  colourMode = mode
}

type Output = "stdout" | "stderr"

/** Whether colours are wanted there. `NO_COLOR`: https://no-color.org */
export const wantsColour = (output: Output): boolean =>
  colourMode === "auto"
    ? process[output].isTTY === true && (process.env["NO_COLOR"] ?? "") === ""
    : colourMode === "always"

/** A text in a style, if styles are wanted there. */
export const styled = (
  style: "bold" | "dim" | "red" | "green" | "yellow" | "cyan",
  text: string,
  output: Output = "stdout"
): string => (wantsColour(output) ? styleText(style, text, { validateStream: false }) : text)

/** The width of the terminal, in columns; `undefined` if stdout is none. */
export const terminalWidth = (): number | undefined =>
  process.stdout.isTTY === true ? process.stdout.columns : undefined

/** Writes to stdout, and waits until it is written. Where nobody reads any more, as behind `head`, the program ends. */
export const writeOut = (text: string): Effect.Effect<void> =>
  Effect.flatten(
    Effect.callback<Effect.Effect<void>>((resume) => {
      process.stdout.write(text, (error) => resume(Effect.succeed(error ? interruptByPipe : Effect.void)))
    })
  )

/** Writes to stderr, and waits until it is written. That nobody reads it is no reason to end. Bun's own console would make it red. */
export const writeError = (text: string): Effect.Effect<void> =>
  Effect.callback<void>((resume) => {
    process.stderr.write(text, () => resume(Effect.void))
  })

/** The arguments, without the programs. */
export const commandLineArguments: ReadonlyArray<string> = process.argv.slice(2)
