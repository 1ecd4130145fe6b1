/** Whether Claude Code has the plugin, and has it once. */

import { worded } from "../../domain/Text.ts"
import type { ClaudeFiles } from "../../hosts/claude-code/ClientFiles.ts"
import { version } from "../../version.ts"
import { attention, type Finding, hint, ok } from "./Finding.ts"
import { isOlder } from "./versions.ts"

const checkInstall = (
  { folder, installed, isThere }: ClaudeFiles,
  commands: ReadonlyArray<string>
): Finding => {
  if (!isThere) return hint("plugin", `Claude Code has not been used here: there is no ${worded(folder)}.`)
  const [first] = installed
  if (first === undefined)
    return attention(
      "plugin",
      `The plugin is not installed, according to ${worded(folder)}.`,
      commands.join(" && ")
    )
  const active = installed.filter(({ enabled }) => enabled === true)
  const [one, ...others] = active
  if (one === undefined)
    return attention(
      "plugin",
      `${worded(first.id)} is installed and not enabled.`,
      `claude plugin enable ${worded(first.id)}, then restart your sessions`
    )
  if (others.length > 0)
    return attention(
      "plugin",
      `The plugin is enabled more than once: ${active.map(({ id }) => worded(id)).join(", ")}. Two servers in one session claim the same name.`,
      `claude plugin uninstall ${worded(others[0]!.id)}`
    )
  const which = `${worded(one.id)}${one.version === undefined ? "" : ` ${worded(one.version)}`} is installed and enabled`
  return one.version !== undefined && isOlder(one.version, version)
    ? hint("plugin", `${which}; this command is ${version}`, `claude plugin update ${worded(one.id)}`)
    : ok("plugin", which)
}

/** `commands`: what installs the plugin. */
export const checkPlugin = (files: ClaudeFiles, commands: ReadonlyArray<string>): ReadonlyArray<Finding> => [
  checkInstall(files, commands),
  ...files.bareServers.map((where) =>
    attention(
      "plugin",
      `A server called cc-dm was added by hand, too, in ${where}. Two servers in one session claim the same name.`,
      "claude mcp remove cc-dm"
    )
  )
]
