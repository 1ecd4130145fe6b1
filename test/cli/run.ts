/** Runs the command that users have, as a process of its own, the way a shell does. */
import { type ChildProcess, spawn } from "node:child_process"
import { dirname, join } from "node:path"
import { Effect, Schema, type Scope } from "effect"
import { MessageJson } from "../../src/cli/Json.ts"
import { eventually } from "../../testkit/eventually.ts"
import { busVariables } from "../../testkit/host/BusAddress.ts"
import { root } from "../../testkit/host/ClaudeCode.ts"

const command = join(root, "plugin/bin/cc-dm")

/** How a command ended, and what it said. */
export interface Ran {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** A command that is still running. */
export interface Running {
  readonly stdout: () => string
  readonly stderr: () => string
  /** Waits until stdout contains a text. */
  readonly printed: (part: string) => Effect.Effect<void>
  /** A shell ends a command and its children together, as Ctrl-C does. */
  readonly signal: (signal: NodeJS.Signals) => Effect.Effect<void>
  readonly ended: Effect.Effect<Ran>
}

export interface Options {
  /** What stands on standard input; nothing by default. */
  readonly input?: string
  readonly env?: Readonly<Record<string, string>>
}

const spawnIn = (home: string, args: ReadonlyArray<string>, env: Options["env"]): ChildProcess =>
  spawn(command, args, {
    cwd: home,
    // In a group of its own, as a shell does it: a signal for the command reaches what it became, too.
    detached: true,
    env: {
      PATH: `${dirname(process.execPath)}:${process.env["PATH"] ?? ""}`,
      HOME: home,
      USER: "ada",
      ...busVariables(home),
      ...env
    }
  })

/** Starts a command, and ends it with the scope. */
export const startIn =
  (home: string) =>
  (
    args: ReadonlyArray<string>,
    { env, input = "" }: Options = {}
  ): Effect.Effect<Running, never, Scope.Scope> =>
    Effect.map(
      Effect.acquireRelease(
        Effect.sync(() => {
          const child = spawnIn(home, args, env)
          let stdout = ""
          let stderr = ""
          const listeners = new Set<() => void>()
          child.stdout?.setEncoding("utf8").on("data", (chunk: string) => {
            stdout += chunk
            for (const listener of listeners) listener()
          })
          child.stderr?.setEncoding("utf8").on("data", (chunk: string) => {
            stderr += chunk
          })
          child.stdin?.on("error", () => {})
          child.stdin?.end(input)
          const ended = new Promise<Ran>((resolve) =>
            child.once("close", (code) => resolve({ code, stdout, stderr }))
          )
          const signal = (signal: NodeJS.Signals) => {
            if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return
            process.kill(-child.pid, signal)
          }
          return { ended, listeners, signal, out: () => stdout, err: () => stderr }
        }),
        ({ ended, signal }) =>
          Effect.promise(() => {
            signal("SIGKILL")
            return ended
          })
      ),
      ({ ended, err, listeners, out, signal }): Running => ({
        stdout: out,
        stderr: err,
        printed: (part) =>
          Effect.callback((resume) => {
            const look = () => {
              if (!out().includes(part)) return
              listeners.delete(look)
              resume(Effect.void)
            }
            listeners.add(look)
            look()
          }),
        signal: (name) => Effect.sync(() => signal(name)),
        ended: Effect.promise(() => ended)
      })
    )

/** Runs a command to its end. */
export const runIn =
  (home: string) =>
  (args: ReadonlyArray<string>, options?: Options): Effect.Effect<Ran> =>
    Effect.scoped(Effect.flatMap(startIn(home)(args, options), ({ ended }) => ended))

/** Reads a document as its schema says, and throws where it is something else. */
export const readAs = <S extends Schema.Codec<unknown, unknown>>(schema: S, text: string): S["Type"] =>
  Schema.decodeSync(Schema.fromJsonString(schema), { onExcessProperty: "error" })(text)

/** The same for a stream of documents, one a line. */
export const readLinesAs = <S extends Schema.Codec<unknown, unknown>>(
  schema: S,
  text: string
): ReadonlyArray<S["Type"]> =>
  text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => readAs(schema, line))

/** Waits until `cc-dm log` says of messages with these texts that they have come so far: `send` waits for that only a moment. */
export const logged = (home: string, state: string, ...contents: ReadonlyArray<string>) =>
  eventually(
    Effect.map(runIn(home)(["log", "--json"]), ({ stdout }) => readLinesAs(MessageJson, stdout)),
    (lines) =>
      contents.every((content) => lines.some((line) => line.content === content && line.state === state))
  )
