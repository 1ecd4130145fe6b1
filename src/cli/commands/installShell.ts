/** `cc-dm install shell` and `cc-dm uninstall shell`: the command in the user's own terminals. */
import { Effect } from "effect"
import { worded } from "../../domain/Text.ts"
import { note, printLine } from "../Output.ts"

const load = Effect.promise(async () => ({
  ...(await import("../install/Shell.ts")),
  ...(await import("../install/Show.ts"))
}))

interface Options {
  readonly json: boolean
  readonly print: boolean
}

/** Shows what changes, and changes it. `rc`: in the shell's start file. */
export const installShell = Effect.fnUntraced(function* ({
  json,
  print,
  rc
}: Options & { readonly rc: boolean }) {
  const { prepareShell, shellName, showChanges, showJson } = yield* load
  const prepared = yield* prepareShell(rc)
  const { changes, isNews, launcher, links, next } = prepared
  const isDone = !print && isNews
  if (!json && changes.length + links.length > 0) yield* showChanges(prepared, print)
  if (isDone) yield* prepared.carryOut
  if (json) return yield* showJson({ ...prepared, agent: shellName }, isDone, next)
  if (!isNews) yield* note("cc-dm is installed for your shell already: nothing to change.")
  else if (print) yield* note("Only shown: nothing was written.")
  else yield* printLine(`cc-dm ${prepared.version} is in ${worded(launcher)}.`)
  yield* printLine(next.join("\n"))
})

/** Takes it out again. */
export const uninstallShell = Effect.fnUntraced(function* ({ json, print }: Options) {
  const { prepareShellRemoval, shellName, showChanges, showJson } = yield* load
  const prepared = yield* prepareShellRemoval
  const { changes, isNews, links, next } = prepared
  const isDone = !print && isNews
  if (!json && changes.length + links.length > 0) yield* showChanges(prepared, print)
  if (isDone) yield* prepared.carryOut
  if (json) return yield* showJson({ ...prepared, agent: shellName }, isDone, next)
  if (!isNews) return yield* note("cc-dm is not installed for your shell: nothing to change.")
  if (print) return yield* note("Only shown: nothing was written.")
  yield* printLine("Taken out of your shell.")
})
