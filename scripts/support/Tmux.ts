/**
 * A shell in a terminal that really keeps a screen, by tmux. The shell is no child of the process that opens it: tmux's server
 * stands on its own, with nothing in its environment but what is given here.
 */
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { until } from "./until.ts"

export interface Screen {
  /** The lines that are shown now, without what blanks end them. */
  readonly lines: () => ReadonlyArray<string>
  /** The same with colours, as escape sequences, and with the blanks. */
  readonly coloured: () => ReadonlyArray<string>
  /** Everything that was written to the terminal since it was opened. */
  readonly raw: () => string
  /** Waits until a text was written to the terminal: tmux hands on what was written a moment after it shows it. */
  readonly wrote: (text: string) => Promise<void>
  /** Waits until a text, or what a pattern describes, is on the screen. */
  readonly shows: (text: string | RegExp) => Promise<void>
  /** Waits until a text is on the screen no more. */
  readonly showsNot: (text: string) => Promise<void>
  /** Types characters as they are. */
  readonly type: (text: string) => void
  /** Presses keys by tmux's names, such as `Enter`, `Down` and `C-c`. */
  readonly press: (...keys: ReadonlyArray<string>) => void
  readonly resize: (columns: number, rows: number) => void
  /** What tmux says of the terminal, such as `#{alternate_on}`. */
  readonly says: (format: string) => string
  readonly close: () => void
}

/** Whether there is a tmux: Debian, macOS's Homebrew and all others have one in their packages. */
export const hasTmux = Bun.which("tmux") !== null

export const openScreen = (options: {
  readonly cwd: string
  readonly env: Readonly<Record<string, string>>
  readonly columns?: number
  readonly rows?: number
}): Screen => {
  const folder = mkdtempSync(join(tmpdir(), "cc-dm-tmux-"))
  const output = join(folder, "output")
  const tmux = (...args: ReadonlyArray<string>): string => {
    const { exitCode, stderr, stdout } = Bun.spawnSync(
      ["tmux", "-S", join(folder, "s"), "-f", "/dev/null", "-u", ...args],
      {
        cwd: options.cwd,
        env: { PS1: "$ ", LANG: "C.UTF-8", TERM: "xterm-256color", ...options.env }
      }
    )
    if (exitCode !== 0) throw new Error(`tmux ${args[0]}: ${stderr}`)
    return stdout.toString()
  }
  tmux("new-session", "-d", "-x", String(options.columns ?? 120), "-y", String(options.rows ?? 30), "exec sh")
  tmux("set", "-g", "status", "off")
  // Claude Code says so in a line of its own if they are off.
  tmux("set", "-g", "focus-events", "on")
  tmux("pipe-pane", `cat > '${output}'`)
  const capture = (...more: ReadonlyArray<string>) =>
    tmux("capture-pane", "-p", ...more)
      .replace(/\n$/, "")
      .split("\n")
  const lines = () => capture()
  const has = (text: string | RegExp) => {
    const all = lines().join("\n")
    return typeof text === "string" ? all.includes(text) : text.test(all)
  }
  const otherwise = () => lines().join("\n")
  const raw = () => readFileSync(output, "utf8")
  return {
    lines,
    coloured: () => capture("-e", "-N"),
    raw,
    wrote: (text) =>
      until(`${JSON.stringify(text)} in what was written`, () => raw().includes(text) || undefined).then(
        () => {}
      ),
    shows: (text) =>
      until(`"${text}" on the screen`, () => has(text) || undefined, { otherwise }).then(() => {}),
    showsNot: (text) =>
      until(`screen without "${text}"`, () => !has(text) || undefined, { otherwise }).then(() => {}),
    type: (text) => void tmux("send-keys", "-l", text),
    press: (...keys) => void tmux("send-keys", ...keys),
    resize: (columns, rows) => void tmux("resize-window", "-x", String(columns), "-y", String(rows)),
    says: (format) => tmux("display-message", "-p", format).trim(),
    close: () => {
      try {
        tmux("kill-server")
      } catch {
        // It ended with its shell.
      }
      rmSync(folder, { recursive: true, force: true })
    }
  }
}
