/**
 * `cc-dm install` and `cc-dm uninstall`: other agents become members of the bus, by entries in their own files. `installShell.ts` has
 * the user's shell.
 */
import { Effect } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import { worded } from "../../domain/Text.ts"
import { wrongUse } from "../Failure.ts"
import { agentNames } from "../install/Agents.ts"
import type { Prepared, Wish } from "../install/Install.ts"
import { grants } from "../install/Plan.ts"
import { InstallJson } from "../Json.ts"
import { note, printJson, printLine } from "../Output.ts"
import { installShell, uninstallShell } from "./installShell.ts"
import { jsonFlag } from "./who.ts"

/** Loaded when it is needed: the parsers of what the agents' files are written in come with it. */
const loadInstall = Effect.promise(async () => ({
  ...(await import("../install/Install.ts")),
  ...(await import("../install/Claude.ts")),
  ...(await import("../install/Show.ts"))
}))

const yes = (name: string, description: string) =>
  Flag.Boolean(name).pipe(Flag.withDescription(description), Flag.withoutNegation, Flag.withDefault(false))

const agent = (description: string) =>
  Argument.Literals("agent", agentNames).pipe(Argument.withDescription(description))

const printFlag = yes("print", "Only show what would change")
const inProject = yes("project", "In the files of the project that you are in, not for all projects")

const installFlags = {
  agent: agent("The agent to install cc-dm into; shell: your own shell"),
  print: printFlag,
  project: inProject,
  "approve-tools": yes("approve-tools", "codex: use cc-dm's tools without asking you each time"),
  trust: yes("trust", "qwen, gemini: use cc-dm's tools without asking you each time"),
  wake: yes("wake", "gemini: switch on what lets messages wake an idle session"),
  experimental: yes("experimental", "copilot: switch on its experimental mode, which loads extensions"),
  statusline: yes("statusline", "claude: show `cc-dm status` as Claude Code's status line"),
  force: yes("force", "claude --statusline: replace another status line"),
  rc: yes("rc", "shell: write a line into your shell's start file, instead of making a link"),
  json: jsonFlag
}

/** What only some can be given. */
const onlyFor = (which: string, flags: Readonly<Record<string, boolean>>) => {
  const [foreign] = Object.entries(flags).flatMap(([name, given]) => (given ? [name] : []))
  return foreign === undefined ? Effect.void : wrongUse(`--${foreign} is not for ${which}`)
}

const commandLines = (commands: ReadonlyArray<string>, project: boolean) =>
  [
    `Claude Code does that itself${project ? ", in the folder of the project" : ""}. Type:`,
    ...commands.map((one) => `  ${one}`)
  ].join("\n")

/** Claude Code's plugin is installed by Claude Code. */
const sayCommands = (commands: ReadonlyArray<string>, json: boolean, project: boolean) =>
  json
    ? printJson(InstallJson, {
        agent: "claude",
        project: null,
        written: false,
        version: null,
        launcher: null,
        on_path: null,
        files: [],
        next: commands
      })
    : printLine(commandLines(commands, project))

const notThere = ({ agent, isOnPath }: Prepared) =>
  isOnPath ? [] : [`There is no ${agent.name} on your PATH: install ${agent.title}, and it finds cc-dm.`]

export const install = Command.make(
  "install",
  installFlags,
  Effect.fnUntraced(function* ({ agent, json, print, project, rc, statusline, ...flags }) {
    if (agent === "shell") {
      yield* onlyFor("your shell", { project, statusline, ...flags })
      return yield* installShell({ json, print, rc })
    }
    yield* onlyFor(agent, { rc, ...(agent === "claude" ? {} : { statusline }) })
    const { installClaude, prepareInstall, showChanges, showJson, showNext } = yield* loadInstall
    if (agent === "claude" && !statusline) {
      yield* onlyFor("claude without --statusline", flags)
      return yield* sayCommands(yield* installClaude(project), json, project)
    }
    const wish: Wish = {
      agent,
      inProject: project,
      granted: grants.filter((grant) => flags[grant])
    }
    const prepared = yield* prepareInstall(wish)
    const next = [...notThere(prepared), ...prepared.next]
    if (!json) yield* showChanges(prepared, print)
    if (!print && prepared.isNews) yield* prepared.carryOut
    if (json)
      return yield* showJson({ ...prepared, agent: prepared.agent.name }, !print && prepared.isNews, next)
    if (!prepared.isNews)
      return yield* note(`cc-dm is installed in ${prepared.agent.title} already: nothing to change.`)
    if (print) return yield* note("Only shown: nothing was written.")
    yield* printLine(
      `\nInstalled in ${prepared.agent.title}: it runs cc-dm ${prepared.version} by ${worded(prepared.launcher)}. Next:`
    )
    yield* showNext(next)
  })
).pipe(
  Command.withDescription(
    "Install cc-dm into another coding agent, or into your own shell: shows what changes in which files, and changes it. cc-dm uninstall takes it back"
  ),
  Command.withShortDescription("Install cc-dm into another coding agent"),
  Command.withExamples([
    { command: "cc-dm install codex" },
    { command: "cc-dm install gemini --print", description: "only show what would change" },
    { command: "cc-dm install qwen --project", description: "in the project that you are in" },
    { command: "cc-dm install claude --statusline", description: "show cc-dm status in Claude Code" },
    {
      command: "cc-dm install shell",
      description: "from within a session (type ! before it): have cc-dm in your own terminals, too"
    }
  ])
)

export const uninstall = Command.make(
  "uninstall",
  {
    agent: agent("The agent to take cc-dm out of; shell: your own shell"),
    print: printFlag,
    project: inProject,
    json: jsonFlag
  },
  Effect.fnUntraced(function* ({ agent, json, print, project }) {
    if (agent === "shell") {
      yield* onlyFor("your shell", { project })
      return yield* uninstallShell({ json, print })
    }
    const { prepareUninstall, showChanges, showJson, showNext, uninstallClaude } = yield* loadInstall
    const isClaude = agent === "claude"
    const commands = isClaude ? uninstallClaude(project) : []
    if (isClaude && project) return yield* sayCommands(commands, json, project)
    const prepared = yield* prepareUninstall({ agent, inProject: project, granted: [] })
    if (!json && prepared.isNews) yield* showChanges(prepared, print)
    if (!print && prepared.isNews) yield* prepared.carryOut
    if (isClaude && !prepared.isNews) return yield* sayCommands(commands, json, project)
    if (json)
      return yield* showJson({ ...prepared, agent: prepared.agent.name }, !print && prepared.isNews, [
        ...prepared.next,
        ...commands
      ])
    if (!prepared.isNews)
      return yield* note(`cc-dm is not installed in ${prepared.agent.title}: nothing to change.`)
    if (print) return yield* note("Only shown: nothing was written.")
    yield* printLine(`\nTaken out of ${prepared.agent.title}.`)
    yield* showNext(isClaude ? [] : prepared.next)
    if (isClaude) yield* printLine(`\nAnd the plugin? ${commandLines(commands, project)}`)
  })
).pipe(
  Command.withDescription(
    "Take cc-dm out of a coding agent again: its files are as they were before, and keep what you have changed since"
  ),
  Command.withShortDescription("Take cc-dm out of a coding agent again"),
  Command.withExamples([
    { command: "cc-dm uninstall codex" },
    { command: "cc-dm uninstall codex --print", description: "only show what would change" }
  ])
)
