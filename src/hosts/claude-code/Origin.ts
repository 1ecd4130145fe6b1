/**
 * Where this session of Claude Code came from: a shell, another session's shell, or Claude Code's background service. That
 * decides which variables were meant for it. What is relied on was seen in Claude Code 2.1.332: a background session's process
 * has the environment of the shell that started the service, whatever shell asked for the session; `CLAUDE_JOB_DIR` names its
 * job, whose `state.json` keeps the session's own flags; and `daemon/roster.json` says which conversation a job goes on with.
 * None of these files is documented: what they do not tell is taken for unknown.
 */
import { realpathSync } from "node:fs"
import { basename, dirname, join } from "node:path"
import { Option, Schema } from "effect"
import type { Ancestor } from "../../platform/Ancestors.ts"
import { jsonOf } from "../../platform/BoundedFile.ts"
import { isClaudeCode } from "./Ancestor.ts"
import { valuesOf } from "./Arguments.ts"

/** What is known of a background session. */
export interface Job {
  /** The flags that Claude Code starts it with. */
  readonly flags: ReadonlyArray<string>
  /** The conversation that it was forked from. */
  readonly forkOf: string | undefined
  /** It waits for what its user wants next, with the flags of the session in which the user looks at the others. */
  readonly spare: boolean
}

export interface Origin {
  /** It was started from within another session, as `claude -p` in a model's shell. */
  readonly nested: boolean
  /** It runs in Claude Code's background service. */
  readonly background: boolean
  /** The arguments of Claude Code, as far as they can be told. */
  readonly args: ReadonlyArray<string>
  /** The conversation that this one was forked from. */
  readonly forkOf: string | undefined
  /** Whether a variable of this process was meant for this session: it comes from no other one's environment. */
  readonly isOwn: (name: string, value: string) => boolean
}

/** More than such a file has, in bytes. */
const largest = 1024 * 1024

/** Reads a file of Claude Code, or one of the user's that may stand behind a link. */
const readJson = <A>(path: string, schema: Schema.ConstraintDecoder<A>): A | undefined => {
  try {
    return Option.getOrUndefined(Schema.decodeUnknownOption(schema)(jsonOf(realpathSync(path), largest)))
  } catch {
    // There is none.
    return undefined
  }
}

const JobState = Schema.Struct({ respawnFlags: Schema.Array(Schema.String) })

const Roster = Schema.Struct({
  workers: Schema.Record(
    Schema.String,
    Schema.Struct({
      dispatch: Schema.Struct({
        sessionId: Schema.String,
        source: Schema.optionalKey(Schema.String),
        respawnFlags: Schema.optionalKey(Schema.Array(Schema.String)),
        launch: Schema.Struct({
          sessionId: Schema.optionalKey(Schema.String),
          fork: Schema.optionalKey(Schema.Boolean)
        })
      })
    })
  )
})

/** What Claude Code's files say of the job that a folder belongs to, and that `conversation` is the session of. */
export const readJob = (folder: string, conversation: string): Job => {
  const workers = readJson(join(dirname(dirname(folder)), "daemon/roster.json"), Roster)?.workers
  const found = workers?.[basename(folder)]?.dispatch
  const dispatch = found?.sessionId === conversation ? found : undefined
  const parent = dispatch?.launch.fork === true ? dispatch.launch.sessionId : undefined
  return {
    // One that was not used yet has no state of its own.
    flags: readJson(join(folder, "state.json"), JobState)?.respawnFlags ?? dispatch?.respawnFlags ?? [],
    forkOf: parent === undefined ? undefined : basename(parent, ".jsonl"),
    spare: dispatch?.source === "spare"
  }
}

const Environment = Schema.Struct({
  env: Schema.optionalKey(Schema.Record(Schema.String, Schema.Unknown))
})

/** A variable as `--settings` give it. Of several of these flags Claude Code takes the last. */
const inSettings = (name: string, flags: ReadonlyArray<string>): unknown => {
  const settings = valuesOf("--settings", flags).at(-1)
  if (settings === undefined) return undefined
  const read = settings.trim().startsWith("{")
    ? Option.getOrUndefined(Schema.decodeOption(Schema.fromJsonString(Environment))(settings))
    : readJson(settings, Environment)
  return read?.env?.[name]
}

/** The service, and what holds a background session's terminal, are no sessions. */
const isService = ({ args }: Ancestor): boolean => args.includes("daemon") || args.includes("bg-pty-host")

/** What Claude Code puts into the environment of a model's shell. */
const marks = ["CLAUDECODE", "CLAUDE_PID", "CLAUDE_CODE_CHILD_SESSION", "CLAUDE_CODE_SESSION_ID"]

/** The session whose shell this one was started in, and the process that stands right below it. */
const outerOf = (host: Ancestor | undefined, above: ReadonlyArray<Ancestor>) => {
  if (host === undefined || !marks.some((name) => (host.variable(name) ?? "") !== "")) return undefined
  const index = above.findIndex((one) => isClaudeCode(one) && !isService(one))
  const outer = above[index]
  return outer === undefined ? undefined : { outer, below: above[index - 1] }
}

/** Which conversation a session that was started with `--fork-session` goes on with, if its flags name it. */
const forkedBy = (args: ReadonlyArray<string>): string | undefined =>
  args.includes("--fork-session")
    ? [...valuesOf("-r", args), ...valuesOf("--resume", args)].at(-1)
    : undefined

/**
 * Tells where a session came from.
 *
 * @param processes those above the server, nearest first
 * @param job what is known of its job; `undefined`: it is no background session
 */
export const originOf = (processes: ReadonlyArray<Ancestor>, job: Job | undefined): Origin => {
  const at = processes.findIndex(isClaudeCode)
  const host = processes[at]
  const inner = outerOf(host, processes.slice(at + 1))
  const nested = inner !== undefined
  const background = !nested && job !== undefined
  const args = background ? job.flags : (host?.args ?? processes[0]?.args ?? [])
  const isOwn = (name: string, value: string): boolean => {
    const isFlagged = background && inSettings(name, job.flags) === value
    if (isFlagged) return !job.spare
    // Settings have put it there, of this session or of its folder.
    if (host?.tells === true && host.variable(name) !== value) return true
    if (background) return false
    return inner === undefined || (inner.below ?? inner.outer).variable(name) !== value
  }
  return {
    nested,
    background,
    args,
    forkOf: background ? job.forkOf : forkedBy(args),
    isOwn
  }
}
