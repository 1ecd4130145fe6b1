/**
 * The settings that Claude Code is launched with. Who a session is goes into `--settings`, not into the environment: only these
 * stay with a session that goes to the background, and the environment of one session's shell reaches others. Of several
 * such flags Claude Code takes the last (seen in 2.1.332), so that the user's own is merged with ours.
 */
import { Effect, FileSystem, Schema } from "effect"
import { HomeFolder } from "../platform/Platform.ts"
import { failed, wrongUse } from "./Failure.ts"

const flag = "--settings"

const Settings = Schema.Record(Schema.String, Schema.Unknown)
const Environment = Schema.Record(Schema.String, Schema.Unknown)

/** The user's flags: what stands before `--`, where Claude Code takes flags, without `--settings`, and the last of those. */
const separate = (args: ReadonlyArray<string>) => {
  const end = args.indexOf("--")
  const flags = end < 0 ? args : args.slice(0, end)
  const others: Array<string> = []
  let given: string | undefined
  for (let at = 0; at < flags.length; at++) {
    const arg = flags[at] ?? ""
    if (arg === flag) given = flags[++at] ?? ""
    else if (arg.startsWith(`${flag}=`)) given = arg.slice(flag.length + 1)
    else others.push(arg)
  }
  return { given, others: [...others, ...(end < 0 ? [] : args.slice(end))] }
}

const isInline = (given: string) => given.trimStart().startsWith("{")

const merged = (text: string, name: string, variables: Readonly<Record<string, string>>) =>
  Effect.gen(function* () {
    const settings = yield* Schema.decodeEffect(Schema.fromJsonString(Settings))(text)
    const env = yield* Schema.decodeUnknownEffect(Environment)(settings["env"] ?? {})
    return JSON.stringify({ ...settings, env: { ...env, ...variables } })
  }).pipe(Effect.mapError(() => wrongUse(`${flag} ${name} is not a JSON object that Claude Code can read`)))

/**
 * The arguments of Claude Code with these variables in its settings. Settings in a file are merged into a file of cc-dm's own,
 * private to the user, since they may hold secrets, which a command line shows to everybody.
 *
 * @param args what the user gives to Claude Code
 * @param id tells the file from those of other sessions
 */
export const withSettings = Effect.fn("withSettings")(function* (
  args: ReadonlyArray<string>,
  variables: Readonly<Record<string, string>>,
  id: string
) {
  const { given, others } = separate(args)
  if (given === undefined) return [flag, JSON.stringify({ env: variables }), ...others]
  if (isInline(given)) return [flag, yield* merged(given, "", variables), ...others]
  const files = yield* FileSystem.FileSystem
  const text = yield* Effect.mapError(files.readFileString(given), () =>
    wrongUse(`${flag} ${JSON.stringify(given)} can't be read`)
  )
  const settings = yield* merged(text, JSON.stringify(given), variables)
  const folder = `${yield* HomeFolder}/.cc-dm/launch`
  const file = `${folder}/${encodeURIComponent(id)}.json`
  yield* files.makeDirectory(folder, { recursive: true, mode: 0o700 }).pipe(
    Effect.andThen(files.remove(file, { force: true })),
    Effect.andThen(files.writeFileString(file, settings, { mode: 0o600, flag: "wx" })),
    Effect.mapError(() => failed(`${file} can't be written: check its folder`))
  )
  return [flag, file, ...others]
})
