/** The Claude Code session that this was started in, if it was: is it on the bus, and how do messages get in? */
import { Effect } from "effect"
import type { Contents } from "../../bus/engine/sqlite/Inspection.ts"
import { quote, worded } from "../../domain/Text.ts"
import { whatClaudeCodeStarted } from "../../hosts/claude-code/Ancestor.ts"
import { loadsChannel, skipsPermissions } from "../../hosts/claude-code/Arguments.ts"
import { saysDropped } from "../../hosts/claude-code/ChannelLog.ts"
import type { ClaudeFiles } from "../../hosts/claude-code/ClientFiles.ts"
import { ClientCacheFolder } from "../../hosts/claude-code/Folders.ts"
import { ancestors } from "../../platform/Ancestors.ts"
import { variableText } from "../../platform/Variables.ts"
import { Settings } from "../../settings/Settings.ts"
import { textOf } from "../../settings/Variable.ts"
import { variables } from "../../settings/variables.ts"
import { attention, type Finding, hint, ok } from "./Finding.ts"
import { liveSessions } from "./roster.ts"

/** The id of the conversation that this is run in. */
export const conversation = Effect.map(variableText("CLAUDE_CODE_SESSION_ID"), (id) =>
  id === "" ? undefined : id
)

/** Whether Claude Code has said that it drops the plugin's channel events in this conversation. */
const isDropped = Effect.fnUntraced(function* (folder: string) {
  const cache = yield* ClientCacheFolder
  const id = yield* conversation
  return saysDropped({
    cache,
    folders: [folder],
    server: "plugin:cc-dm:cc-dm",
    conversations: id === undefined ? [] : [id],
    since: 0
  })
})

/** What wakes the session that this runs in, if that needs a word. */
const wakeOf = Effect.gen(function* () {
  if ((yield* textOf(variables.wake)) === "0")
    return [
      hint("wake-up", "CC_DM_WAKE is 0, so messages do not wake this session: they come on its next turn.")
    ]
  if (!ancestors().some(({ args }) => skipsPermissions(args))) return []
  return [
    hint(
      "wake-up",
      "Permission dialogs are off here, and a message wakes this session when it is idle.",
      "CC_DM_WAKE=0 keeps messages from waking it; CC_DM_INBOUND_ALLOWLIST names who may write."
    )
  ]
})

const inboundOf = ({ inbound }: ClaudeFiles): ReadonlyArray<Finding> =>
  inbound === undefined || inbound === "accept"
    ? []
    : [
        hint(
          "wake-up",
          `crossSessionInbound is ${quote(inbound)} in Claude Code's settings, so idle sessions are not woken: messages come on their next turn.`
        )
      ]

export const checkHere = Effect.fnUntraced(function* (
  contents: Contents | undefined,
  files: ClaudeFiles,
  now: number
) {
  if (whatClaudeCodeStarted() === undefined) return inboundOf(files)
  const { cwd } = yield* Settings
  const folder = (yield* variableText("CLAUDE_PROJECT_DIR")) || cwd
  const socket = yield* variableText("CLAUDE_CODE_MESSAGING_SOCKET")
  const live = contents === undefined ? [] : liveSessions(contents, now)
  const mine =
    live.find(({ id }) => id === contents?.mine) ??
    // A server that shares its conversation with another one is not remembered.
    live.find((session) => session.cwd === folder)
  if (mine === undefined)
    return [
      attention(
        "this session",
        "It has no server on the bus.",
        "/mcp: is plugin:cc-dm:cc-dm connected? /plugin: is it enabled? A session that ran before the install needs a restart."
      ),
      ...inboundOf(files)
    ]
  const channel = ancestors().some(({ args }) => loadsChannel(args))
  const dropped = channel && (yield* isDropped(folder))
  const ways = [
    channel
      ? `started as a channel${dropped ? ", whose events Claude Code drops (its log says so)" : ""}`
      : "no channel flag",
    socket === "" ? "no inbox socket" : "an inbox socket",
    `reached: ${worded(mine.reach ?? "channel")}`
  ].join(", ")
  const named = mine.name !== mine.id
  const finding = named
    ? channel || socket !== "" || mine.reach === "wakes up"
      ? ok("this session", `${quote(mine.name)}: ${ways}`)
      : hint(
          "this session",
          `${quote(mine.name)}: ${ways}. Without a socket, it sees messages on its next turn.`,
          "claude update"
        )
    : hint(
        "this session",
        `It has no name, so no messages are shown to it by themselves; ${ways}`,
        "Name it: /cc-dm:register"
      )
  const advice = dropped
    ? [
        hint(
          "channel",
          "Channels are off in this session, so its messages come by hooks, like those of others.",
          "Leave the channel flag out, or log in with an account that has channels."
        )
      ]
    : []
  return [finding, ...advice, ...(yield* wakeOf), ...inboundOf(files)]
})
