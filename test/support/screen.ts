/** Tests that need a terminal with a screen. Where there is no tmux they are skipped, and counted so. */
import { test } from "bun:test"
import { join } from "node:path"
import { Effect, type Scope } from "effect"
import { hasTmux, openScreen, type Screen } from "../../scripts/support/Tmux.ts"
import { busVariables } from "../../testkit/host/BusAddress.ts"
import { root } from "../../testkit/host/ClaudeCode.ts"

/** The command that users install. */
export const builtCommand = join(root, "plugin/bin/cc-dm")

/** A shell on a screen, in which `cc-dm` is the built command. */
export const shellOn = (
  home: string,
  options: { readonly columns?: number; readonly rows?: number; readonly env?: Record<string, string> } = {}
): Effect.Effect<Screen, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.sync(() =>
      openScreen({
        ...options,
        cwd: home,
        env: {
          PATH: `${join(root, "plugin/bin")}:${process.env["PATH"]}`,
          HOME: home,
          USER: "ada",
          ...busVariables(home),
          ...options.env
        }
      })
    ),
    (screen) => Effect.sync(screen.close)
  )

/** Runs a line in the shell. */
export const enter = (screen: Screen, line: string) => {
  screen.type(line)
  screen.press("Enter")
}

/** A test in which somebody sits at a terminal. */
export const atTerminal = <A, E>(name: string, body: Effect.Effect<A, E, Scope.Scope>) =>
  test.skipIf(!hasTmux)(name, () => Effect.runPromise(Effect.asVoid(Effect.scoped(body))), 60_000)

/** Runs the built command without a terminal. */
export const withoutTerminal = (
  home: string,
  args: ReadonlyArray<string>,
  env: Record<string, string> = {}
) =>
  Effect.promise(async () => {
    const program = Bun.spawn([builtCommand, ...args], {
      env: { PATH: process.env["PATH"] ?? "", HOME: home, USER: "ada", ...busVariables(home), ...env },
      stdin: "ignore",
      stdout: "pipe",
      stderr: "pipe"
    })
    const [stdout, stderr] = await Promise.all([program.stdout.text(), program.stderr.text()])
    return { code: await program.exited, stdout, stderr }
  })
