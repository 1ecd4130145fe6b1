/** What a command line of Claude Code asks for. */

const channelFlags = ["--channels", "--dangerously-load-development-channels"]

/** What it names behind the flags that load channels. */
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

/** Whether it loads the plugin as a channel. */
export const loadsChannel = (args: ReadonlyArray<string>): boolean =>
  channelsIn(args).some((name) => /^(plugin:)?cc-dm(@|$)/.test(name))

/** The names of servers that it loads as channels: whose they are, it does not say. */
export const serverChannels = (args: ReadonlyArray<string>): ReadonlyArray<string> =>
  channelsIn(args).flatMap((name) => (name.startsWith("server:") ? [name.slice("server:".length)] : []))

/** Whether it is `claude mcp list` or `claude mcp get`: these start servers, and no session. */
export const isHealthCheck = (args: ReadonlyArray<string>): boolean => {
  // Behind the program, or behind what runs it and its file.
  const at = args.slice(0, 3).indexOf("mcp")
  return at > 0 && !args[at - 1]?.startsWith("-") && /^(list|get)$/.test(args[at + 1] ?? "")
}

/** Whether it switches permission dialogs off. */
export const skipsPermissions = (args: ReadonlyArray<string>): boolean =>
  args.some(
    (arg, index) =>
      arg === "--dangerously-skip-permissions" ||
      arg === "--permission-mode=bypassPermissions" ||
      (arg === "--permission-mode" && args[index + 1] === "bypassPermissions")
  )

/** The values of a flag that takes one, the last one last. */
export const valuesOf = (flag: string, args: ReadonlyArray<string>): ReadonlyArray<string> =>
  args.flatMap((arg, index) => {
    if (arg === flag) return args[index + 1] ?? []
    return arg.startsWith(`${flag}=`) ? arg.slice(flag.length + 1) : []
  })
