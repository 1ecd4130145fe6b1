/** `cc-dm launch`: an agent as a session with a name. Claude Code takes this process's place; `LaunchCodex.ts` has Codex. */
import { Effect, Option, Result } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import { parseHeldName, parseTag } from "../../domain/Name.ts"
import { worded } from "../../domain/Text.ts"
import { readClaudeFiles } from "../../hosts/claude-code/ClientFiles.ts"
import { WorkingFolder } from "../../platform/Platform.ts"
import { become, findProgram } from "../../platform/Programs.ts"
import { parseApprover } from "../../settings/Approver.ts"
import { failed, wrongUse } from "../Failure.ts"
import { maybe } from "../Flags.ts"
import { installClaude } from "../install/Claude.ts"
import { launchCodex } from "../LaunchCodex.ts"
import { checkName } from "../LaunchName.ts"
import { withSettings } from "../LaunchSettings.ts"
import { note } from "../Output.ts"

const channel = ["--dangerously-load-development-channels", "plugin:cc-dm@cc-dm-marketplace"]

/** The flag takes several values, so it comes last, after the user's own arguments: only `--` and what follows it may stand behind it. */
const withChannel = (args: ReadonlyArray<string>): ReadonlyArray<string> => {
  const end = args.indexOf("--")
  return end < 0 ? [...args, ...channel] : [...args.slice(0, end), ...channel, ...args.slice(end)]
}

const read = <A>(what: string, text: string, parse: (text: string) => Result.Result<A, string>) =>
  Effect.mapError(Effect.fromResult(parse(text)), (why) => wrongUse(`${what} ${why}`))

const yes = (name: string, description: string) =>
  Flag.Boolean(name).pipe(Flag.withDescription(description), Flag.withoutNegation, Flag.withDefault(false))

const readTag = (flag: string, value: Option.Option<string>) =>
  Option.match(value, {
    onNone: () => Effect.undefined,
    onSome: (text) => read(flag, text, parseTag)
  })

const parseApproverText = (text: string) => Result.map(parseApprover(text), () => text.trim())

/** What brings a plugin or a server of the user's own, whatever is installed. */
const bringsItsOwn = /^--(plugin-dir|mcp-config)(=|$)/

/** Says that a session will not be on the bus, if Claude Code has no cc-dm that is enabled, as far as its files tell. */
const checkPluginIsThere = Effect.fn("checkPluginIsThere")(function* (args: ReadonlyArray<string>) {
  if (args.some((arg) => bringsItsOwn.test(arg))) return
  const { bareServers, installed } = yield* readClaudeFiles(yield* WorkingFolder)
  if (bareServers.length > 0 || installed.some(({ enabled }) => enabled === true)) return
  const [one] = installed
  const commands =
    one === undefined ? yield* installClaude(false) : [`claude plugin enable ${worded(one.id)}`]
  yield* note(
    `The plugin is not ${one === undefined ? "installed" : "enabled"}, so this session will not be on the bus. End it, and type:\n${commands.map((command) => `  ${command}`).join("\n")}`
  )
})

export const launch = Command.make(
  "launch",
  {
    name: Argument.String("name").pipe(Argument.withDescription("The session's name on the bus")),
    rest: Argument.String("arguments").pipe(
      Argument.withDescription("Arguments for the agent; put -- before those that begin with a hyphen"),
      Argument.variadic()
    ),
    agent: Flag.Literals("agent", ["claude", "codex"]).pipe(
      Flag.withDescription("Which agent to start (default: claude)"),
      Flag.withDefault("claude")
    ),
    role: Flag.String("role").pipe(
      Flag.withDescription("Its role, for example orchestrator, worker, reviewer"),
      Flag.optional
    ),
    project: Flag.String("project").pipe(Flag.withDescription("Its project"), Flag.optional),
    relay: yes("relay", "Let others answer its permission dialogs; it is then started as a channel"),
    approver: maybe(
      Flag.String("approver").pipe(
        Flag.withMetavar("name"),
        Flag.withDescription(
          "Who is asked then, and nobody else: a session, or @me for you. Switches --relay on"
        )
      )
    ),
    channel: yes(
      "channel",
      "Start it as a channel; a session with a name needs that only for the permission relay"
    )
  },
  Effect.fnUntraced(function* ({ agent, approver, channel, name, project, relay, rest, role }) {
    const relays = relay || approver !== undefined
    const asChannel = channel || relays
    const variables = {
      CC_DM_SESSION_NAME: yield* read("the name", name, parseHeldName),
      CC_DM_SESSION_ROLE: yield* readTag("--role", role),
      CC_DM_SESSION_PROJECT: yield* readTag("--project", project),
      CC_DM_PERMISSION_RELAY: relays ? "1" : undefined,
      CC_DM_PERMISSION_APPROVER:
        approver === undefined ? undefined : yield* read("--approver", approver, parseApproverText)
    }
    const given = Object.fromEntries(
      Object.entries(variables).filter((entry): entry is [string, string] => entry[1] !== undefined)
    )
    if (agent === "codex") {
      if (relays)
        return yield* wrongUse(
          "--relay and --approver are for Claude Code: Codex asks in its own window alone"
        )
      if (asChannel) return yield* wrongUse("--channel is for Claude Code: Codex has no channels")
      yield* checkName(variables.CC_DM_SESSION_NAME)
      return yield* launchCodex(rest, given)
    }
    const program = findProgram("claude")
    if (program === undefined)
      return yield* failed(
        "there is no claude on your PATH. Install Claude Code: https://code.claude.com/docs/en/setup"
      )
    yield* checkName(variables.CC_DM_SESSION_NAME)
    yield* checkPluginIsThere(rest)
    const args = yield* withSettings(rest, given, variables.CC_DM_SESSION_NAME)
    return yield* become(program, asChannel ? withChannel(args) : args)
  })
).pipe(
  Command.withDescription("Start Claude Code or Codex as a session with a name; it ends as that ends"),
  Command.withShortDescription("Start Claude Code or Codex as a session with a name"),
  Command.withExamples([
    { command: "cc-dm launch planner --role orchestrator" },
    {
      command: "cc-dm launch backend --project shop -- --continue --model opus",
      description: "everything after -- goes to claude as it is"
    },
    {
      command: "cc-dm launch worker --approver planner",
      description: "planner answers its permission dialogs"
    },
    {
      command: "cc-dm launch reviewer --agent codex -- resume --last",
      description:
        "Codex, with a background service of its own: else all its sessions get the name of the first"
    },
    {
      command: 'cc-dm launch tests -- --bg "Run the tests whenever you are asked to."',
      description: "in the background, which a variable of the shell can't name"
    }
  ])
)
