/**
 * The names under which Claude Code knows this server if it came without the plugin. Nothing tells it to the server: a
 * name counts if a configuration starts this very installation under it.
 */
import { realpathSync } from "node:fs"
import { dirname, join } from "node:path"
import { Predicate } from "effect"
import { jsonOf } from "../../platform/BoundedFile.ts"

/** Claude Code's own file grows with its projects. */
const mostBytes = 8_388_608

/** Where a word of a command line leads; `undefined`: to no file. */
const fileOf = (word: string): string | undefined => {
  try {
    const path = word.includes("/") ? word : Bun.which(word)
    return path === null ? undefined : realpathSync(path)
  } catch {
    return undefined
  }
}

/** The files that start this installation, below the folder that holds `dist` and `bin`. */
export const startersIn = (folder: string): ReadonlyArray<string> =>
  ["bin/cc-dm", "dist/cc-dm.js"].flatMap((file) => fileOf(join(folder, file)) ?? [])

const ownStarters = (): ReadonlyArray<string> => {
  const script = fileOf(process.argv[1] ?? "")
  return script === undefined ? [] : startersIn(dirname(dirname(script)))
}

const wordsOf = (server: unknown): ReadonlyArray<string> => {
  if (!Predicate.hasProperty(server, "command")) return []
  const args = Predicate.hasProperty(server, "args") && Array.isArray(server.args) ? server.args : []
  return [server.command, ...args].filter((word) => typeof word === "string")
}

/** The names of servers in a configuration that are started by one of these files. */
export const namesIn = (config: unknown, starters: ReadonlyArray<string>): ReadonlyArray<string> => {
  if (!Predicate.hasProperty(config, "mcpServers") || !Predicate.isObject(config.mcpServers)) return []
  return Object.entries(config.mcpServers).flatMap(([name, server]) => {
    const words = wordsOf(server)
    const isOwn = words.at(-1) === "serve" && words.some((word) => starters.includes(fileOf(word) ?? ""))
    return isOwn ? [name] : []
  })
}

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
  const own = ownStarters()
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
