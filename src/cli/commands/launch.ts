/** `cc-dm launch`: an agent as a session with a name. Claude Code takes this process's place; `LaunchCodex.ts` has Codex. */
import { Effect, Option, type Result } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import { parseHeldName, parseTag } from "../../domain/Name.ts"
import { become, findProgram } from "../../platform/Programs.ts"
import { failed, wrongUse } from "../Failure.ts"
import { launchCodex } from "../LaunchCodex.ts"
import { withSettings } from "../LaunchSettings.ts"

const channel = ["--dangerously-load-development-channels", "plugin:cc-dm@cc-dm-marketplace"]

/** The flag takes several values, so it comes last, after the user's own arguments: only `--` and what follows it may stand behind it. */
const withChannel = (args: ReadonlyArray<string>): ReadonlyArray<string> => {
  const end = args.indexOf("--")
  return end < 0 ? [...args, ...channel] : [...args.slice(0, end), ...channel, ...args.slice(end)]
}

const read = <A>(what: string, text: string, parse: (text: string) => Result.Result<A, string>) =>
  Effect.mapError(Effect.fromResult(parse(text)), (why) => wrongUse(`${what} ${why}`))

const readTag = (flag: string, value: Option.Option<string>) =>
  Option.match(value, {
    onNone: () => Effect.undefined,
    onSome: (text) => read(flag, text, parseTag)
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
    channel: Flag.Boolean("channel").pipe(
      Flag.withDescription(
        "Start it as a channel; a session with a name needs that only for the permission relay"
      ),
      Flag.withoutNegation,
      Flag.withDefault(false)
    )
  },
  Effect.fnUntraced(function* ({ agent, channel: asChannel, name, project, rest, role }) {
    const variables = {
      CC_DM_SESSION_NAME: yield* read("the name", name, parseHeldName),
      CC_DM_SESSION_ROLE: yield* readTag("--role", role),
      CC_DM_SESSION_PROJECT: yield* readTag("--project", project)
    }
    const given = Object.fromEntries(
      Object.entries(variables).filter(
        (entry): entry is [string, (typeof variables)["CC_DM_SESSION_NAME"]] => entry[1] !== undefined
      )
    )
    if (agent === "codex") {
      if (asChannel) return yield* wrongUse("--channel is for Claude Code: Codex has no channels")
      return yield* launchCodex(rest, given)
    }
    const program = findProgram("claude")
    if (program === undefined)
      return yield* failed(
        "there is no claude on your PATH. Install Claude Code: https://code.claude.com/docs/en/setup"
      )
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
