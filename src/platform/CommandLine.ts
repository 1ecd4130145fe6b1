/** What a program at the command line takes from the platform. */
import { styleText } from "node:util"
import * as BunChildProcessSpawner from "@effect/platform-bun/BunChildProcessSpawner"
import * as BunFileSystem from "@effect/platform-bun/BunFileSystem"
import * as BunPath from "@effect/platform-bun/BunPath"
import * as BunStdio from "@effect/platform-bun/BunStdio"
import * as BunTerminal from "@effect/platform-bun/BunTerminal"
import { Effect, Layer } from "effect"

/** What Effect's command-line toolkit works with. */
export const CommandLineServices = Layer.mergeAll(
  BunChildProcessSpawner.layer.pipe(Layer.provideMerge(Layer.mergeAll(BunFileSystem.layer, BunPath.layer))),
  BunStdio.layer,
  BunTerminal.layer
)

/** Whether somebody sits at a terminal: both ends are one. */
export const isInteractive = process.stdin.isTTY === true && process.stdout.isTTY === true

/** Whether colours are wanted on stdout. `NO_COLOR`: https://no-color.org */
const wantsColour = process.stdout.isTTY === true && (process.env["NO_COLOR"] ?? "") === ""

/** A text in a style, if styles are wanted on stdout. */
export const styled = (style: "bold" | "dim" | "red" | "green" | "yellow" | "cyan", text: string): string =>
  wantsColour ? styleText(style, text, { validateStream: false }) : text

/** The width of the terminal, in columns; `undefined` if stdout is none. */
export const terminalWidth = (): number | undefined =>
  process.stdout.isTTY === true ? process.stdout.columns : undefined

/** Writes to stdout, and waits until it is written. Where nobody reads any more, as behind `head`, the program ends. */
export const writeOut = (text: string): Effect.Effect<void> =>
  Effect.flatten(
    Effect.callback<Effect.Effect<void>>((resume) => {
      process.stdout.write(text, (error) => resume(Effect.succeed(error ? Effect.interrupt : Effect.void)))
    })
  )

/** The arguments, without the programs. */
export const commandLineArguments: ReadonlyArray<string> = process.argv.slice(2)
