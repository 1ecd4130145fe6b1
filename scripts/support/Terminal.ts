/** A program in a terminal, typed into as a user does. */
import { until } from "./until.ts"

const keys = { Enter: "\r", Escape: "\x1b", Left: "\x1b[D" } as const

export interface Terminal {
  /** What was printed so far, in reading order, without colours. Good for a look, not for a comparison. */
  readonly printed: () => string
  /** Waits until a text was printed. */
  readonly shows: (text: string) => Promise<void>
  /** Types a line, waits for its echo, and presses Enter. */
  readonly type: (line: string) => Promise<void>
  /** Presses a key, and waits until a text was printed. */
  readonly press: (key: keyof typeof keys, shows?: string) => Promise<void>
  /** Hangs up, and waits until the program is gone. */
  readonly close: () => Promise<void>
}

/** Programs jump over blanks and lines instead of printing them. */
const readable = (printed: string): string =>
  Bun.stripANSI(printed.replace(/\x1b\[\d*[CG]/g, " ").replace(/\x1b\[(\d*B|\d+;\d+H|H)|\r/g, "\n")).replace(
    /\n\s*\n/g,
    "\n"
  )

const solid = (text: string): string => readable(text).replace(/\s/g, "")

export const openTerminal = (
  command: ReadonlyArray<string>,
  options: { readonly cwd: string; readonly env: Readonly<Record<string, string>> }
): Terminal => {
  if (Bun.Terminal === undefined)
    throw new Error("this Bun can open no terminal: take the one of package-lock.json, as ./dev does")
  let printed = ""
  const decoder = new TextDecoder()
  const program = Bun.spawn([...command], {
    cwd: options.cwd,
    env: { ...options.env, TERM: "xterm-256color" },
    terminal: {
      cols: 150,
      rows: 45,
      data: (_, data) => {
        printed += decoder.decode(data, { stream: true })
      }
    }
  })
  const { terminal } = program
  if (terminal === undefined) throw new Error("this Bun can't open a terminal here")

  const showsSince = async (text: string, start: number): Promise<void> => {
    await until(
      `"${text}" in the terminal`,
      () => solid(printed.slice(start)).includes(solid(text)) || undefined,
      { otherwise: () => readable(printed).slice(-2_000) }
    )
  }

  return {
    printed: () => readable(printed),
    shows: (text) => showsSince(text, 0),
    type: async (line) => {
      const start = printed.length
      terminal.write(line)
      await showsSince(line, start)
      terminal.write("\r")
    },
    press: async (key, shows = "") => {
      const start = printed.length
      terminal.write(keys[key])
      await showsSince(shows, start)
    },
    close: async () => {
      const kill = setTimeout(() => program.kill("SIGKILL"), 3_000)
      program.kill("SIGTERM")
      await program.exited
      clearTimeout(kill)
      terminal.close()
    }
  }
}
