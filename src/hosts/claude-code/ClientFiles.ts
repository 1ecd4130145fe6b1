/**
 * Claude Code's own files, as far as they tell of the plugin. They are read rather than `claude plugin list` run, since
 * that writes into them. Their form is not documented: what is not understood counts as not there.
 */
import { Effect, FileSystem } from "effect"
import { worded } from "../../domain/Text.ts"
import { HomeFolder } from "../../platform/Platform.ts"
import { variableText } from "../../platform/Variables.ts"

/** One install of the plugin. */
export interface Installed {
  /** `cc-dm@<marketplace>`. */
  readonly id: string
  readonly version: string | undefined
  /** Absent if no settings say. */
  readonly enabled: boolean | undefined
}

export interface ClaudeFiles {
  readonly folder: string
  readonly isThere: boolean
  readonly installed: ReadonlyArray<Installed>
  /** Servers called cc-dm that were added by hand, as 1.3.1 was. */
  readonly bareServers: ReadonlyArray<string>
  /** What the settings add to the environment of sessions. */
  readonly env: Readonly<Record<string, string>>
  /** The user's rule for what other sessions write. */
  readonly inbound: string | undefined
  /** Files of settings that are there, and are no JSON. */
  readonly broken: ReadonlyArray<string>
  /** The file that switches all hooks off. */
  readonly hooksOff: string | undefined
  /** Rules that deny the plugin's tools. */
  readonly denied: ReadonlyArray<string>
}

type Fields = Readonly<Record<string, unknown>>

const fieldsOf = (value: unknown): Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Fields) : {}

const isOurs = (id: string) => id.startsWith("cc-dm@")

const readFields = (path: string) =>
  Effect.gen(function* () {
    const files = yield* FileSystem.FileSystem
    // Reading a pipe waits for ever, and one may stand in the folder of a repository.
    if ((yield* files.stat(path)).type !== "File") return {}
    const text = yield* files.readFileString(path)
    return fieldsOf(yield* Effect.try(() => JSON.parse(text) as unknown))
  }).pipe(Effect.orElseSucceed((): Fields => ({})))

/** Whether a file is there and has text that is no JSON. */
const isBroken = (path: string) =>
  Effect.gen(function* () {
    const files = yield* FileSystem.FileSystem
    if ((yield* files.stat(path)).type !== "File") return false
    const text = yield* files.readFileString(path)
    return yield* Effect.try(() => JSON.parse(text) as unknown).pipe(
      Effect.as(false),
      Effect.orElseSucceed(() => true)
    )
  }).pipe(Effect.orElseSucceed(() => false))

/** What the client calls the plugin's tools begins with this. */
const tools = "mcp__plugin_cc-dm_cc-dm"

const deniesTools = (rule: string) =>
  rule === tools ||
  rule.startsWith(`${tools}__`) ||
  (rule.endsWith("*") && rule !== "*" && tools.startsWith(rule.slice(0, -1)))

const installedIn = (fields: Fields, enabled: Fields): ReadonlyArray<Installed> =>
  Object.entries(fieldsOf(fields["plugins"]))
    .filter(([id]) => isOurs(id))
    .map(([id, installs]) => {
      const version = fieldsOf(Array.isArray(installs) ? installs[0] : installs)["version"]
      const state = enabled[id]
      return {
        id,
        version: typeof version === "string" ? version : undefined,
        enabled: typeof state === "boolean" ? state : undefined
      }
    })

/** Reads them, as they hold for this user and a folder. */
export const readClaudeFiles = Effect.fnUntraced(function* (cwd: string) {
  const files = yield* FileSystem.FileSystem
  const home = yield* HomeFolder
  const own = yield* variableText("CLAUDE_CONFIG_DIR")
  const folder = own === "" ? `${home}/.claude` : own
  // The later ones go before the earlier ones.
  const paths = [
    ...new Set([
      `${folder}/settings.json`,
      `${cwd}/.claude/settings.json`,
      `${cwd}/.claude/settings.local.json`
    ])
  ]
  const settings = yield* Effect.forEach(paths, readFields)
  const hooks = settings.map((one) => one["disableAllHooks"])
  const deciding = hooks.findLastIndex((one) => one !== undefined)
  const rules = settings.flatMap((one) => {
    const deny = fieldsOf(one["permissions"])["deny"]
    return Array.isArray(deny) ? deny.filter((rule): rule is string => typeof rule === "string") : []
  })
  const merged = (key: string): Fields => Object.assign({}, ...settings.map((one) => fieldsOf(one[key])))
  const state = yield* readFields(own === "" ? `${home}/.claude.json` : `${folder}/.claude.json`)
  const here = fieldsOf(fieldsOf(state["projects"])[cwd])
  const shared = yield* readFields(`${cwd}/.mcp.json`)
  const inbound = settings.map((one) => one["crossSessionInbound"]).findLast((one) => one !== undefined)
  const found: ClaudeFiles = {
    folder,
    isThere: yield* Effect.orElseSucceed(files.exists(folder), () => false),
    installed: installedIn(
      yield* readFields(`${folder}/plugins/installed_plugins.json`),
      merged("enabledPlugins")
    ),
    bareServers: [
      ...(fieldsOf(state["mcpServers"])["cc-dm"] === undefined ? [] : ["your own settings"]),
      ...(fieldsOf(here["mcpServers"])["cc-dm"] === undefined ? [] : [`your settings for ${worded(cwd)}`]),
      ...(fieldsOf(shared["mcpServers"])["cc-dm"] === undefined ? [] : [worded(`${cwd}/.mcp.json`)])
    ],
    env: Object.fromEntries(
      Object.entries(merged("env")).filter((entry): entry is [string, string] => typeof entry[1] === "string")
    ),
    inbound: typeof inbound === "string" ? inbound : undefined,
    broken: yield* Effect.filter(paths, isBroken),
    hooksOff: hooks[deciding] === true ? paths[deciding] : undefined,
    denied: [...new Set(rules.filter(deniesTools))]
  }
  return found
})
