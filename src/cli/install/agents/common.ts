/** What the agents' files have in common. */
import { variableNames } from "../../../settings/variables.ts"
import type { Site } from "../Plan.ts"

/** What cc-dm is called in the files of all agents. */
export const serverName = "cc-dm"

/** How long a command hook may take, in milliseconds. It ends by itself much earlier. */
export const hookTimeout = 10_000

/** Every variable that a user may set, each with a reference to itself, for agents that hand on only what is named. */
export const referencesTo = (reference: (name: string) => string): Readonly<Record<string, string>> =>
  Object.fromEntries(variableNames.map((name) => [name, reference(name)]))

/** A path as a shell takes it. */
export const shellWord = (path: string) =>
  /^[\w/.+@:-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`

/** What an agent runs at one of its events. */
export const hookCommand = ({ launcher }: Site, agent: string, event: string) =>
  `${shellWord(launcher)} hook ${agent} ${event}`

/** Whether a command is one that {@link hookCommand} has made, maybe in another home folder. */
const isHookCommand = (agent: string) => (hook: Readonly<Record<string, unknown>>) =>
  typeof hook["command"] === "string" &&
  new RegExp(`/\\.cc-dm/bin/cc-dm'? hook ${agent} \\w+$`).test(hook["command"])

/** The command hooks of an agent that has Claude Code's form for them. `timeout`: in the agent's own unit. */
export const commandHooks = (site: Site, agent: string, events: ReadonlyArray<string>, timeout: number) => ({
  path: ["hooks"],
  events: Object.fromEntries(
    events.map((event) => [
      event,
      { type: "command", name: serverName, command: hookCommand(site, agent, event), timeout }
    ])
  ),
  isOurs: isHookCommand(agent)
})

/** The arguments of the server. */
export const serverArguments = (agent: string) => ["serve", "--agent", agent]

/** A file of two lines that hands on what a file of ours has. `what`: as JavaScript names it. */
export const forwarding = ({ agents }: Site, what: string, file: string) =>
  `// Written by \`cc-dm install\`. \`cc-dm uninstall\` removes it.\nexport ${what} from ${JSON.stringify(`${agents}/${file}`)}\n`
