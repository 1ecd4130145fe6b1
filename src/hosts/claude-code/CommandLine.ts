/** What Claude Code's command line tells of a session. */
import { serverNames } from "./ServerNames.ts"

const channelFlags = ["--channels", "--dangerously-load-development-channels"]

/** What a command line names behind the flags that load channels. */
const channelsIn = (args: ReadonlyArray<string>): ReadonlyArray<string> => {
  const names: Array<string> = []
  let behindFlag = false
  for (const arg of args) {
    const [flag, value = ""] = arg.startsWith("-") ? arg.split("=", 2) : ["", arg]
    if (flag !== "") behindFlag = channelFlags.includes(flag ?? "")
    if (behindFlag) names.push(...value.split(/[\s,]+/))
  }
  return names
}

/** Whether the plugin is loaded as a channel. */
export const loadsPluginAsChannel = (args: ReadonlyArray<string>): boolean =>
  channelsIn(args).some((name) => /^(plugin:)?cc-dm(@|$)/.test(name))

/** The names of the servers that are loaded as channels. Which programs these are, the line does not say. */
export const serverChannels = (args: ReadonlyArray<string>): ReadonlyArray<string> =>
  channelsIn(args).flatMap((name) => (name.startsWith("server:") ? [name.slice("server:".length)] : []))

/** Whether this is `claude mcp list` or `claude mcp get`: they start servers to see whether they can, and no session. */
export const checksServersOnly = (args: ReadonlyArray<string>): boolean => {
  // Behind the program, or behind what runs it and its file.
  const at = args.slice(0, 3).indexOf("mcp")
  return at > 0 && !args[at - 1]?.startsWith("-") && /^(list|get)$/.test(args[at + 1] ?? "")
}

/** Whether the permission dialogs are switched off. */
export const skipsPermissions = (args: ReadonlyArray<string>): boolean =>
  args.some(
    (arg, index) =>
      arg === "--dangerously-skip-permissions" ||
      arg === "--permission-mode=bypassPermissions" ||
      (arg === "--permission-mode" && args[index + 1] === "bypassPermissions")
  )

/** How Claude Code knows this server. */
export interface ServerInClient {
  /** Its name there; absent if it can't be told. */
  readonly server: string | undefined
  /** Whether Claude Code was told at its start to load it as a channel. */
  readonly startedAsChannel: boolean
}

/**
 * Finds out under which name Claude Code has this server, and whether it is a channel.
 *
 * @param configs files in which servers may be configured
 * @param folder the project's, which has servers of its own
 */
export const findServer = (
  args: ReadonlyArray<string>,
  isPlugin: boolean,
  configs: ReadonlyArray<string>,
  folder: string
): ServerInClient => {
  if (isPlugin) return { startedAsChannel: loadsPluginAsChannel(args), server: "plugin:cc-dm:cc-dm" }
  const channels = serverChannels(args)
  const server =
    channels.length === 0
      ? undefined
      : serverNames(args, configs, folder).find((name) => channels.includes(name))
  return { startedAsChannel: server !== undefined, server }
}
