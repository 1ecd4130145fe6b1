/** What Claude Code's own variables, files and command line tell of the session that this server serves. */
import { Config, Effect, Redacted } from "effect"
import { ancestors } from "../../platform/Ancestors.ts"
import { ClientCacheFolder, ClientFolder, WorkingFolder } from "../../platform/Platform.ts"
import { checksServersOnly, findServer } from "./CommandLine.ts"
import { originOf, readJob } from "./Origin.ts"

/** The socket on which Claude Code takes a line for this session. */
export interface InboxAddress {
  readonly path: string
  readonly token: Redacted.Redacted
}

/** Where Claude Code writes down what it does, and under which name it has this server. */
export interface ClientFiles {
  readonly folder: string
  readonly cache: string
  /** The folders that it may have been started in. */
  readonly started: ReadonlyArray<string>
  /** Absent if it can't be told. */
  readonly server: string | undefined
}

const text = (name: string) => Config.String(name).pipe(Config.withDefault(""))

const given = Config.all({
  conversation: text("CLAUDE_CODE_SESSION_ID"),
  job: text("CLAUDE_JOB_DIR"),
  inboxSocket: text("CLAUDE_CODE_MESSAGING_SOCKET"),
  inboxToken: Config.Redacted("CLAUDE_CODE_MESSAGING_TOKEN").pipe(Config.withDefault(Redacted.make(""))),
  pluginRoot: text("CLAUDE_PLUGIN_ROOT"),
  projectFolder: text("CLAUDE_PROJECT_DIR"),
  folder: ClientFolder,
  cache: ClientCacheFolder,
  workingFolder: WorkingFolder
})

/** Reads all of it. Where the session came from is beside it: that decides which variables of ours were meant for it. */
export const readClient = Effect.map(given, (raw) => {
  const origin = originOf(ancestors(), raw.job === "" ? undefined : readJob(raw.job, raw.conversation))
  const isPlugin = raw.pluginRoot !== ""
  const cwd = raw.projectFolder === "" ? raw.workingFolder : raw.projectFolder
  const { server, startedAsChannel } = findServer(
    origin.args,
    isPlugin,
    [...raw.folder.configs, `${cwd}/.mcp.json`],
    cwd
  )
  const inbox: InboxAddress | undefined =
    raw.inboxSocket === "" ? undefined : { path: raw.inboxSocket, token: raw.inboxToken }
  const client: ClientFiles = {
    folder: raw.folder.folder,
    cache: raw.cache,
    started: [cwd, raw.workingFolder],
    server
  }
  return {
    origin,
    session: {
      conversation: raw.conversation === "" ? undefined : raw.conversation,
      forkOf: origin.forkOf,
      nested: origin.nested,
      isHealthCheck: checksServersOnly(origin.args),
      startedAsChannel,
      isPlugin,
      client,
      inbox,
      cwd
    }
  }
})
