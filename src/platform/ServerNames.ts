/**
 * The names under which Claude Code knows this server where it came without the plugin. Nothing tells it to the server: a
 * name counts where a configuration starts this very command line under it.
 */
import { readFileSync } from "node:fs"
import { Predicate } from "effect"
import { jsonOf } from "./BoundedFile.ts"

/** Claude Code's own file grows with its projects. */
const mostBytes = 8_388_608

/** The command line of this process, but for the program. */
const ownArguments = (): ReadonlyArray<string> => {
  try {
    return readFileSync("/proc/self/cmdline", "utf8").split("\0").slice(1, -1)
  } catch {
    return process.argv.slice(1)
  }
}

const isOwn = (server: unknown, own: ReadonlyArray<string>): boolean =>
  Predicate.hasProperty(server, "args") &&
  Array.isArray(server.args) &&
  server.args.length === own.length &&
  server.args.every((arg, index) => arg === own[index])

/** The names of servers in a configuration that start a command line. */
export const namesIn = (config: unknown, own: ReadonlyArray<string>): ReadonlyArray<string> =>
  Predicate.hasProperty(config, "mcpServers") && Predicate.isObject(config.mcpServers)
    ? Object.entries(config.mcpServers).flatMap(([name, server]) => (isOwn(server, own) ? [name] : []))
    : []

/** What stands behind `--mcp-config`: files, and JSON itself. */
export const mcpConfigs = (args: ReadonlyArray<string>): ReadonlyArray<string> => {
  const found: Array<string> = []
  let behindFlag = false
  for (const arg of args) {
    if (arg.startsWith("--mcp-config=")) found.push(arg.slice("--mcp-config=".length))
    if (arg.startsWith("-")) behindFlag = arg === "--mcp-config"
    else if (behindFlag) found.push(arg)
  }
  return found
}

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/**
 * The names of this server. `args`: the client's command line; `files`: where configurations may stand; `folder`: the
 * project, which has servers of its own in the client's file.
 */
export const serverNames = (
  args: ReadonlyArray<string>,
  files: ReadonlyArray<string>,
  folder: string
): ReadonlyArray<string> => {
  const own = ownArguments()
  const configs = [
    ...mcpConfigs(args).map((value) =>
      value.trimStart().startsWith("{")
        ? parse(value)
        : jsonOf(value.startsWith("/") ? value : `${folder}/${value}`, mostBytes)
    ),
    ...files.map((file) => jsonOf(file, mostBytes))
  ]
  return configs.flatMap((config) => {
    const projects = Predicate.hasProperty(config, "projects") ? config.projects : undefined
    const here = Predicate.hasProperty(projects, folder) ? projects[folder] : undefined
    return [...namesIn(config, own), ...namesIn(here, own)]
  })
}
