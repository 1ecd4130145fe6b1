/**
 * What agents have in common whose configuration `cc-dm install` writes: they start `cc-dm serve --agent NAME`, and what they tell
 * comes over the hook socket. Each agent's own file has its events and its answers.
 */
import { Effect, Layer } from "effect"
import { type Agent, nameOfAgent } from "../domain/Agent.ts"
import { ancestors } from "../platform/Ancestors.ts"
import { HomeFolder } from "../platform/Platform.ts"
import { variableText } from "../platform/Variables.ts"
import { words } from "./Envelope.ts"
import { hookKeyOf, keyVariable } from "./HookPlaces.ts"
import { type HookSocket, openHookSocket } from "./HookSocket.ts"
import { Host, type SessionFacts } from "./Host.ts"
import { nestingOf } from "./Nesting.ts"

type Service = Host["Service"]

/** What an agent adds, or has in another way. */
export type Particular = Pick<Service, "answer" | "hear"> &
  Partial<Omit<Service, "agent" | "name" | "session">>

/** What the environment tells of the session, as far as an agent says more. */
export type KnownFacts = Partial<Pick<SessionFacts, "conversation" | "projectFolder">>

const factsIn = (home: string, known: KnownFacts): SessionFacts => ({
  conversation: undefined,
  forkOf: undefined,
  ...nestingOf(home, ancestors()),
  whyIgnored: () => undefined,
  startedAsChannel: false,
  isHealthCheck: false,
  hasHooks: true,
  projectFolder: undefined,
  ...known
})

/**
 * An agent's service. It is woken by what has subscribed at the hook socket, if it says nothing else.
 *
 * @param key which server of the agent's process this is, if the agent may have several
 */
export const installedHost = (
  agent: Agent,
  home: string,
  facts: KnownFacts,
  particular: Particular,
  key = ""
): Service => {
  let socket: HookSocket | undefined
  return {
    name: nameOfAgent(agent),
    agent,
    session: factsIn(home, facts),
    hookInput: undefined,
    // Their hooks do not call the tool, so that every call of it is a model's.
    toolUse: () => undefined,
    toolMeta: {},
    words,
    instructionsReachModel: true,
    advice: "",
    channel: undefined,
    wakeUp: (line) => Effect.sync(() => socket?.announce(line) ?? false),
    carry: undefined,
    listen: (reception) =>
      Effect.gen(function* () {
        yield* reception.learn({ wakes: false })
        socket = yield* openHookSocket(home, process.ppid, key, reception)
      }),
    status: undefined,
    dropsEvents: undefined,
    hasMoved: undefined,
    ...particular
  }
}

/** The layer of an agent about which the environment tells nothing. */
export const installed = (agent: Agent, particular: Particular): Layer.Layer<Host> =>
  Layer.effect(
    Host,
    Effect.gen(function* () {
      const home = yield* HomeFolder
      const key = hookKeyOf(yield* variableText(keyVariable))
      return Host.of(installedHost(agent, home, {}, particular, key))
    })
  )
