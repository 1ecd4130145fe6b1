/** The flag `--color`, which every command has. */
import { Flag, GlobalFlag } from "effect/cli"
import { type ColourMode, colourModes, setColourMode } from "../platform/CommandLine.ts"

export const colour = GlobalFlag.Setting("color")({
  flag: Flag.Literals("color", colourModes).pipe(
    Flag.withDescription("Colours: at a terminal (auto, and not with NO_COLOR), always, or never"),
    Flag.withDefault("auto")
  )
})

const isMode = (text: string | undefined): text is ColourMode => colourModes.some((mode) => mode === text)

/** Obeys the flag before anything else is read: help and errors have colours, too. A bad value is said by the toolkit. */
export const obeyColour = (args: ReadonlyArray<string>): void => {
  const end = args.includes("--") ? args.indexOf("--") : args.length
  args.slice(0, end).forEach((arg, index) => {
    const value = arg === "--color" ? args[index + 1] : arg.startsWith("--color=") ? arg.slice(8) : undefined
    if (isMode(value)) setColourMode(value)
  })
}
