/** Claude Code's settings, as far as they keep cc-dm from working. */
import { quote, worded } from "../../domain/Text.ts"
import type { ClaudeFiles } from "../../hosts/claude-code/ClientFiles.ts"
import { attention, type Finding } from "./Finding.ts"
import { some } from "./roster.ts"

const check = "settings"

/** Findings only for what is wrong: most people have nothing of it. */
export const checkSettings = ({ broken, denied, hooksOff }: ClaudeFiles): ReadonlyArray<Finding> => [
  ...broken.map((file) =>
    attention(
      check,
      `${worded(file)} is no JSON, so Claude Code and this check leave it out.`,
      "Repair it: a comma or a quote is usually missing."
    )
  ),
  ...(hooksOff === undefined
    ? []
    : [
        attention(
          check,
          `disableAllHooks is on in ${worded(hooksOff)}, so messages are not shown by hooks, and there is no status line.`,
          "Remove it, and restart your sessions. Until then a model sees its messages by a channel, or by calling inbox."
        )
      ]),
  ...(denied.length === 0
    ? []
    : [
        attention(
          check,
          `permissions.deny keeps models from using cc-dm: ${some(denied.map((rule) => quote(rule)))}`,
          "Remove that from permissions.deny in Claude Code's settings, and restart your sessions."
        )
      ])
]
