/** Claude Code behind the port. */
import { Clock, Effect, Layer, Redacted } from "effect"
import { ancestors } from "../../platform/Ancestors.ts"
import { WorkingFolder } from "../../platform/Platform.ts"
import { variableText } from "../../platform/Variables.ts"
import { words } from "../Envelope.ts"
import { Host, type SessionFacts } from "../Host.ts"
import { isHealthCheck, loadsChannel, serverChannels } from "./Arguments.ts"
import { channel } from "./ChannelEvents.ts"
import { saysDropped } from "./ChannelLog.ts"
import { ClientCacheFolder, ClientFolder } from "./Folders.ts"
import { answer, HookInput, hear, toolUse } from "./Hooks.ts"
import { originOf, readJob } from "./Origin.ts"
import { serverNames } from "./ServerNames.ts"
import { clientProcess, hasMoved, statusOf } from "./SessionFile.ts"
import { type WakeUpAddress, writeWakeUp } from "./WakeUpSocket.ts"

/** What is known of one session of Claude Code. */
export interface Detected {
  /** `other`: nothing shows that it is Claude Code which has started this server. */
  readonly agent: "claude" | "other"
  readonly session: SessionFacts
  /** Where lines that wake it are written; `undefined`: this version has no such socket. */
  readonly socket: WakeUpAddress | undefined
  readonly status: Host["Service"]["status"]
  readonly dropsEvents: Host["Service"]["dropsEvents"]
  readonly hasMoved: Host["Service"]["hasMoved"]
}

/** Makes the service of what is known. */
export const claudeCode = ({ socket, ...detected }: Detected): Host["Service"] => ({
  name: "Claude Code",
  hookInput: HookInput,
  hear,
  answer,
  toolUse,
  // Else it may hide the tools behind a search. Said of the server in plugin.json, it would hold for the hooks' tool too.
  toolMeta: { "anthropic/alwaysLoad": true },
  words,
  instructionsReachModel: true,
  advice: "",
  channel,
  carry: undefined,
  listen: undefined,
  wakeUp: socket === undefined ? undefined : (line) => writeWakeUp(socket, line),
  ...detected
})

const variables = Effect.all({
  conversation: variableText("CLAUDE_CODE_SESSION_ID"),
  job: variableText("CLAUDE_JOB_DIR"),
  pluginRoot: variableText("CLAUDE_PLUGIN_ROOT"),
  projectFolder: variableText("CLAUDE_PROJECT_DIR"),
  socket: variableText("CLAUDE_CODE_MESSAGING_SOCKET"),
  token: Effect.map(variableText("CLAUDE_CODE_MESSAGING_TOKEN"), (token) => Redacted.make(token)),
  clientFolder: ClientFolder,
  clientCache: ClientCacheFolder,
  workingFolder: WorkingFolder
})

/** The plugin's server, as Claude Code calls it. */
const pluginServer = "plugin:cc-dm:cc-dm"

/** Whether Claude Code was told to load this server as a channel, and under which name it has the server. */
const readChannel = (
  args: ReadonlyArray<string>,
  isPlugin: boolean,
  configs: ReadonlyArray<string>,
  folder: string
): { readonly isAsked: boolean; readonly server: string | undefined } => {
  if (isPlugin) return { isAsked: loadsChannel(args), server: pluginServer }
  const asked = serverChannels(args)
  const server =
    asked.length === 0 ? undefined : serverNames(args, configs, folder).find((name) => asked.includes(name))
  return { isAsked: server !== undefined, server }
}

/** Reads the environment, the processes above this one, and Claude Code's files. */
const detect = Effect.gen(function* () {
  const raw = yield* variables
  // What the log says of an earlier server does not count. The session may be there much later: its bus may be slow.
  const since = yield* Clock.currentTimeMillis
  const above = ancestors()
  const isPlugin = raw.pluginRoot !== ""
  const folder = raw.projectFolder === "" ? raw.workingFolder : raw.projectFolder
  const origin = originOf(above, raw.job === "" ? undefined : readJob(raw.job, raw.conversation))
  const configs = [...raw.clientFolder.configs, `${folder}/.mcp.json`]
  const { isAsked, server } = readChannel(origin.args, isPlugin, configs, folder)
  const client = clientProcess(above)
  const detected: Detected = {
    agent: client !== undefined || isPlugin || raw.conversation !== "" ? "claude" : "other",
    session: {
      conversation: raw.conversation === "" ? undefined : raw.conversation,
      forkOf: origin.forkOf,
      nested: origin.nested,
      isOwn: origin.isOwn,
      whyIgnored: (name) =>
        origin.background
          ? `${name} was set in the shell that started Claude Code's background service, not for this session, so it is ignored (cc-dm launch NAME -- --bg names a background session)`
          : undefined,
      startedAsChannel: isAsked,
      isHealthCheck: isHealthCheck(origin.args),
      // A server that was added by itself has none.
      hasHooks: isPlugin,
      projectFolder: raw.projectFolder === "" ? undefined : raw.projectFolder
    },
    socket: raw.socket === "" ? undefined : { path: raw.socket, token: raw.token },
    status: client === undefined ? undefined : () => statusOf(raw.clientFolder.folder, client),
    hasMoved: client === undefined ? undefined : () => hasMoved(raw.clientFolder.folder, client),
    dropsEvents:
      server === undefined
        ? undefined
        : (conversations) =>
            saysDropped({
              cache: raw.clientCache,
              folders: [folder, raw.workingFolder],
              server,
              conversations,
              since
            })
  }
  return detected
})

/** The session of Claude Code that started this server. */
export const ClaudeCode: Layer.Layer<Host> = Layer.effect(
  Host,
  Effect.map(detect, (detected) => Host.of(claudeCode(detected)))
)
