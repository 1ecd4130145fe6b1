/**
 * What holds for a session, decoded once from its environment. A bad value never stops the server: it is left out, and said in
 * `problems`. The one exception is an allow list and a block list at once: going on could let a message through.
 */
import { Context, Effect, Layer, Redacted, Result, Schema } from "effect"
import type { Name, Tag } from "../domain/Name.ts"
import { defaultQueueLimit, defaultRateLimit, type RateLimit } from "../domain/Pace.ts"
import { Host, type SessionFacts } from "../hosts/Host.ts"
import { configuredBusUrl } from "../platform/ConfigFile.ts"
import { HomeFolder, WorkingFolder } from "../platform/Platform.ts"
import type { Approver } from "./Approver.ts"
import type { DeliveryMode } from "./DeliveryMode.ts"
import { defaultTiming, type Timing } from "./Timing.ts"
import { makeReader, textOf, type Variable } from "./Variable.ts"
import { defaultHistory, variables } from "./variables.ts"

/** Both lists of a kind are set, which has no clear meaning. The server does not start. */
export class ListsConflict extends Schema.TaggedError<ListsConflict>()("ListsConflict", {
  lists: Schema.Literals(["CC_DM_DM", "CC_DM_INBOUND"])
}) {
  override get message() {
    return `${this.lists}_ALLOWLIST and ${this.lists}_BLOCKLIST are mutually exclusive: unset one of them`
  }
}

interface Values {
  readonly name: Name | undefined
  readonly role: Tag | undefined
  readonly project: Tag | null
  readonly dmAllowList: ReadonlySet<Name> | undefined
  readonly dmBlockList: ReadonlySet<Name> | undefined
  readonly broadcastRoles: ReadonlySet<Tag> | undefined
  /** Who may write to this session, by name. */
  readonly inboundAllowList: ReadonlySet<Name> | undefined
  readonly inboundBlockList: ReadonlySet<Name> | undefined
  /** Whose members may write to this session; `@none`: sessions without a project may, too. */
  readonly inboundProjects: ReadonlySet<string> | undefined
  /** How fast this session may write; `undefined`: as fast as it can. */
  readonly rateLimit: RateLimit | undefined
  /** How many messages may wait for one receiver of this session; `undefined`: any number. */
  readonly queueLimit: number | undefined
  readonly approver: Approver
  /** Whether sessions of 1.3.1, whose words prove nothing, are asked for permissions too. */
  readonly trustsOld: boolean
  /** The host's id of the conversation, if it tells one. It outlives the server. */
  readonly conversation: string | undefined
  /** The conversation that this one was forked from: the session goes on in this one if no server serves the other. */
  readonly forkOf: string | undefined
  /** Whether it was started from within another session. Then it is a full member only under a name of its own. */
  readonly nested: boolean
  readonly delivery: DeliveryMode
  /** Whether the host was told at its start to take channel events of cc-dm. That is a wish: a policy may forbid it. */
  readonly startedAsChannel: boolean
  /** Whether the host was started only to see whether its servers start. */
  readonly isHealthCheck: boolean
  /** Whether messages may wake the session. */
  readonly wake: boolean
  /** How long messages are kept after they were written, in milliseconds; 0: until they were seen. */
  readonly history: number
  /** How long this server holds a message that could not be shown, in milliseconds. */
  readonly holdFor: number
  /** The session's project folder, shown in the roster. */
  readonly cwd: string
  /** The folder that holds the bus, `~/.cc-dm`. */
  readonly folder: string
  /** The address of a bus in PostgreSQL, or why it can't be known; absent: the bus is a file in that folder. */
  readonly busUrl: Result.Result<Redacted.Redacted, string> | undefined
  readonly timing: Timing
  /** What is wrong with the variables, one sentence each. */
  readonly problems: ReadonlyArray<string>
}

/** What holds if no variable says anything. */
export const defaults = (home: string, cwd: string): Values => ({
  name: undefined,
  role: undefined,
  project: null,
  dmAllowList: undefined,
  dmBlockList: undefined,
  broadcastRoles: undefined,
  inboundAllowList: undefined,
  inboundBlockList: undefined,
  inboundProjects: undefined,
  rateLimit: defaultRateLimit,
  queueLimit: defaultQueueLimit,
  approver: { _tag: "Nobody" },
  trustsOld: false,
  conversation: undefined,
  forkOf: undefined,
  nested: false,
  delivery: "auto",
  startedAsChannel: false,
  isHealthCheck: false,
  wake: true,
  history: defaultHistory,
  holdFor: defaultHistory,
  cwd,
  folder: `${home}/.cc-dm`,
  busUrl: undefined,
  timing: defaultTiming,
  problems: []
})

type Reader = ReturnType<typeof makeReader>

/** Reads a variable that says who the session is. One that was meant for another session says nothing of this one. */
const readOwn = <A>({ problems, read }: Reader, session: SessionFacts, variable: Variable<A>) =>
  Effect.gen(function* () {
    const text = yield* textOf(variable)
    if (text.trim() === "" || session.isOwn(variable.name, text)) return yield* read(variable)
    const why = session.whyIgnored(variable.name)
    if (why !== undefined) problems.push(why)
    return variable.fallback
  })

const readIdentity = (reader: Reader, session: SessionFacts) =>
  Effect.gen(function* () {
    const isNamed = (yield* textOf(variables.name)).trim() !== ""
    return {
      name: yield* readOwn(reader, session, isNamed ? variables.name : variables.nameAsId),
      role: yield* readOwn(reader, session, variables.role),
      project: yield* readOwn(reader, session, variables.project)
    }
  })

/** Whom the session may write to, and who may write to it. */
const readLists = ({ read }: Reader) =>
  Effect.gen(function* () {
    const lists = {
      dmAllowList: yield* read(variables.dmAllowList),
      dmBlockList: yield* read(variables.dmBlockList),
      broadcastRoles: yield* read(variables.broadcastRoles),
      inboundAllowList: yield* read(variables.inboundAllowList),
      inboundBlockList: yield* read(variables.inboundBlockList),
      inboundProjects: yield* read(variables.inboundProjects)
    }
    if (lists.dmAllowList !== undefined && lists.dmBlockList !== undefined)
      return yield* new ListsConflict({ lists: "CC_DM_DM" })
    if (lists.inboundAllowList !== undefined && lists.inboundBlockList !== undefined)
      return yield* new ListsConflict({ lists: "CC_DM_INBOUND" })
    return lists
  })

/** How much may be written. */
const readLimits = ({ read }: Reader) =>
  Effect.all({ rateLimit: read(variables.rateLimit), queueLimit: read(variables.queueLimit) })

const readApprover = ({ read }: Reader) =>
  Effect.gen(function* () {
    const isOn = yield* read(variables.relay)
    const approver = yield* read(variables.approver)
    const values: Pick<Values, "approver" | "trustsOld"> = {
      approver: isOn ? approver : { _tag: "Nobody" },
      trustsOld: yield* read(variables.trustsOld)
    }
    return values
  })

/** Which bus: what the variable says, else what the user's file says. */
const readBusUrl = ({ read }: Reader) =>
  Effect.gen(function* () {
    const url = yield* read(variables.busUrl)
    const found = configuredBusUrl(url === undefined ? undefined : Redacted.value(url), yield* HomeFolder)
    return found === undefined ? undefined : Result.map(found, (address) => Redacted.make(address))
  })

const forSession = Effect.gen(function* () {
  const reader = makeReader()
  const { session } = yield* Host
  const identity = yield* readIdentity(reader, session)
  const lists = yield* readLists(reader)
  const history = yield* reader.read(variables.history)
  const values: Values = {
    ...identity,
    conversation: session.conversation,
    forkOf: session.forkOf,
    nested: session.nested,
    startedAsChannel: session.startedAsChannel,
    isHealthCheck: session.isHealthCheck,
    cwd: session.projectFolder ?? (yield* WorkingFolder),
    ...lists,
    ...(yield* readLimits(reader)),
    delivery: yield* reader.read(variables.delivery),
    wake: yield* reader.read(variables.wake),
    history,
    holdFor: history === 0 ? defaultHistory : history,
    ...(yield* readApprover(reader)),
    folder: `${yield* HomeFolder}/.cc-dm`,
    busUrl: yield* readBusUrl(reader),
    timing: defaultTiming,
    problems: reader.problems
  }
  return values
})

/**
 * The settings of somebody at the command line: no variable of a session restricts or names them. The limits hold for
 * them too, since a script or a model's shell is as fast as a session.
 */
const forCommandLine = Effect.gen(function* () {
  const reader = makeReader()
  const values: Values = {
    ...defaults(yield* HomeFolder, yield* WorkingFolder),
    ...(yield* readLimits(reader)),
    delivery: "pull",
    busUrl: yield* readBusUrl(reader),
    problems: reader.problems
  }
  return values
})

const saying = <E, R>(settings: Effect.Effect<Values, E, R>) =>
  Effect.tap(settings, ({ problems }) => Effect.forEach(problems, (problem) => Effect.logWarning(problem)))

/** The settings of this session, as the environment gave them at start. */
export class Settings extends Context.Service<Settings, Values>()("cc-dm/Settings") {
  /** Logs what is wrong with the variables. Fails with {@link ListsConflict} if both lists of a kind are set. */
  static readonly layer = Layer.effect(Settings, saying(forSession))

  /** For the command line. */
  static readonly commandLine = Layer.effect(Settings, saying(forCommandLine))

  /** What the environment would give a session, and what is wrong with it; nothing is logged. */
  static readonly read = forSession
}
