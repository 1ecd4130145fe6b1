/**
 * Every `CC_DM_` variable, decoded once. A bad value never stops the server: it is left out, and said in
 * `problems`. The one exception is an allow list and a block list at once, where going on could let a message through.
 */
import { Config, Context, Effect, Layer, Redacted, Result, Schema } from "effect"
import {
  isSessionId,
  type Name,
  normalise,
  parseHeldName,
  parseTag,
  type SessionId,
  type Tag
} from "../domain/Name.ts"
import { parseNameList, parseProjectList, parseRoleList } from "../domain/NameList.ts"
import {
  defaultQueueLimit,
  defaultRateLimit,
  parseQueueLimit,
  parseRateLimit,
  type RateLimit
} from "../domain/Pace.ts"
import { parseSpan } from "../domain/Span.ts"
import { Host } from "../hosts/Host.ts"
import { configuredBusUrl } from "../platform/ConfigFile.ts"
import { HomeFolder, WorkingFolder } from "../platform/Platform.ts"

/** How often things happen and how long they last, in milliseconds. */
export interface Timing {
  readonly poll: number
  readonly heartbeat: number
  readonly rosterSweep: number
  readonly messageSweep: number
  /** A session is gone this long after its last heartbeat. */
  readonly lease: number
  /** A message that was not taken within this time expires. */
  readonly messageLife: number
  /** The same for permission requests and their answers. */
  readonly permissionLife: number
  /** How long `dm` and `broadcast` wait for news of what they sent. */
  readonly firstNews: number
  /** A client that stays this long after it said that it is ready is a session's; some only ask whether the server starts. */
  readonly settling: number
  /** A session is gone for good this long after it left: until then its conversation may be taken up again. */
  readonly farewell: number
}

export const defaultTiming: Timing = {
  poll: 500,
  heartbeat: 30_000,
  rosterSweep: 60_000,
  messageSweep: 15_000,
  lease: 60_000,
  messageLife: 15_000,
  permissionLife: 300_000,
  firstNews: 200,
  settling: 2_000,
  farewell: 60_000
}

/** How long a message is kept where nobody says otherwise, and the longest that can be asked for, in milliseconds. */
const defaultHistory = 24 * 3_600_000
const longestHistory = 30 * 24 * 3_600_000

/** Both lists of a kind are set, which has no clear meaning. The server does not start. */
export class ListsConflict extends Schema.TaggedError<ListsConflict>()("ListsConflict", {
  lists: Schema.Literals(["CC_DM_DM", "CC_DM_INBOUND"])
}) {
  override get message() {
    return `${this.lists}_ALLOWLIST and ${this.lists}_BLOCKLIST are mutually exclusive: unset one of them`
  }
}

/** Who is asked for permissions: nobody, people at the command line, one session by name or id, or all others of the project. */
export type Approver =
  | { readonly _tag: "Nobody" }
  | { readonly _tag: "People" }
  /** `user`: whose session it has to be, on a bus of several users; absent: one of this user. */
  | { readonly _tag: "Session"; readonly name: Name | SessionId; readonly user?: string }
  | { readonly _tag: "Project" }

/** Which way messages come in: whatever serves, channel events only, hooks only, or nothing by itself. */
export const DeliveryMode = Schema.Literals(["auto", "channel", "hooks", "pull"])
export type DeliveryMode = typeof DeliveryMode.Type

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
  /** How many messages may wait for one whom this session writes to; `undefined`: any number. */
  readonly queueLimit: number | undefined
  readonly approver: Approver
  /** Whether sessions of 1.3.1, whose words prove nothing, are asked for permissions too. */
  readonly trustsOld: boolean
  /** The host's id of the conversation, if it tells one. It outlives the server. */
  readonly conversation: string | undefined
  /** The conversation that this one was forked from: the session goes on in this one where nobody serves the other. */
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
  /** How long a message may wait in this server's keeping, in milliseconds. */
  readonly patience: number
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

/** A session's name, or its id. */
const parseApprover = (text: string): Result.Result<Name | SessionId, string> => {
  const id = normalise(text)
  return isSessionId(id) ? Result.succeed(id) : parseHeldName(text)
}

const isDeliveryMode = Schema.is(DeliveryMode)

const parseDelivery = (text: string): Result.Result<DeliveryMode, string> => {
  const mode = text.trim().toLowerCase()
  return isDeliveryMode(mode) ? Result.succeed(mode) : Result.fail("must be auto, channel, hooks or pull")
}

const variable = (name: string) => Config.String(name).pipe(Config.withDefault(""))

/** Every variable of ours that is read. */
export const variableNames = [
  "CC_DM_SESSION_NAME",
  "CC_DM_SESSION_ID",
  "CC_DM_SESSION_ROLE",
  "CC_DM_SESSION_PROJECT",
  "CC_DM_BROADCAST_ALLOWED_ROLES",
  "CC_DM_DM_ALLOWLIST",
  "CC_DM_DM_BLOCKLIST",
  "CC_DM_INBOUND_ALLOWLIST",
  "CC_DM_INBOUND_BLOCKLIST",
  "CC_DM_INBOUND_PROJECTS",
  "CC_DM_RATE_LIMIT",
  "CC_DM_QUEUE_LIMIT",
  "CC_DM_PERMISSION_RELAY",
  "CC_DM_PERMISSION_APPROVER",
  "CC_DM_TRUST_1_3_1",
  "CC_DM_DELIVERY",
  "CC_DM_WAKE",
  "CC_DM_HISTORY",
  "CC_DM_BUS_URL"
] as const

/** An address may hold a password. */
const BusUrl = Config.all({
  url: Config.Redacted("CC_DM_BUS_URL").pipe(Config.withDefault(Redacted.make(""))),
  home: HomeFolder
}).pipe(
  Config.map(({ home, url }): Values["busUrl"] => {
    const found = configuredBusUrl(Redacted.value(url), home)
    return found === undefined ? undefined : Result.map(found, (address) => Redacted.make(address))
  })
)

const variables = Config.all({
  name: variable("CC_DM_SESSION_NAME"),
  nameAsId: variable("CC_DM_SESSION_ID"),
  role: variable("CC_DM_SESSION_ROLE"),
  project: variable("CC_DM_SESSION_PROJECT"),
  broadcastRoles: variable("CC_DM_BROADCAST_ALLOWED_ROLES"),
  dmAllowList: variable("CC_DM_DM_ALLOWLIST"),
  dmBlockList: variable("CC_DM_DM_BLOCKLIST"),
  inboundAllowList: variable("CC_DM_INBOUND_ALLOWLIST"),
  inboundBlockList: variable("CC_DM_INBOUND_BLOCKLIST"),
  inboundProjects: variable("CC_DM_INBOUND_PROJECTS"),
  rateLimit: variable("CC_DM_RATE_LIMIT"),
  queueLimit: variable("CC_DM_QUEUE_LIMIT"),
  relay: variable("CC_DM_PERMISSION_RELAY"),
  approver: variable("CC_DM_PERMISSION_APPROVER"),
  trustsOld: variable("CC_DM_TRUST_1_3_1"),
  delivery: variable("CC_DM_DELIVERY"),
  wake: variable("CC_DM_WAKE"),
  history: variable("CC_DM_HISTORY"),
  busUrl: BusUrl,
  home: HomeFolder,
  workingFolder: WorkingFolder
})

/** Reads variables one by one, and notes what is wrong with them. */
const makeReader = () => {
  const problems: Array<string> = []
  const readOr = <A, B>(
    name: string,
    text: string,
    parse: (text: string) => Result.Result<A, string>,
    otherwise: B
  ): A | B => {
    if (text.trim() === "") return otherwise
    const result = parse(text)
    if (Result.isSuccess(result)) return result.success
    problems.push(`${name} ${result.failure}, so it is ignored`)
    return otherwise
  }
  return { problems, readOr }
}

/** How much may be written. */
const readLimits = (
  raw: { readonly rateLimit: string; readonly queueLimit: string },
  { readOr }: ReturnType<typeof makeReader>
) => ({
  rateLimit: readOr("CC_DM_RATE_LIMIT", raw.rateLimit, parseRateLimit, defaultRateLimit),
  queueLimit: readOr("CC_DM_QUEUE_LIMIT", raw.queueLimit, parseQueueLimit, defaultQueueLimit)
})

const decode = Effect.gen(function* () {
  const raw = yield* variables
  const reader = makeReader()
  const { problems } = reader

  const read = <A>(name: string, text: string, parse: (text: string) => Result.Result<A, string>) =>
    reader.readOr(name, text, parse, undefined)
  const readList = <A extends string>(
    name: string,
    list: { readonly entries: ReadonlySet<A> | undefined; readonly problems: ReadonlyArray<string> }
  ) => {
    problems.push(...list.problems.map((problem) => `${name}: ${problem}, so it is ignored`))
    return list.entries
  }

  const { session } = yield* Host
  /** A variable that says who the session is. One that was meant for another session says nothing of this one. */
  const readOwn = <A>(name: string, text: string, parse: (text: string) => Result.Result<A, string>) => {
    if (text.trim() === "" || session.isOwn(name, text)) return read(name, text, parse)
    const why = session.whyIgnored(name)
    if (why !== undefined) problems.push(why)
    return undefined
  }

  const name =
    raw.name.trim() === ""
      ? readOwn("CC_DM_SESSION_ID", raw.nameAsId, parseHeldName)
      : readOwn("CC_DM_SESSION_NAME", raw.name, parseHeldName)
  const role = readOwn("CC_DM_SESSION_ROLE", raw.role, parseTag)
  const project = readOwn("CC_DM_SESSION_PROJECT", raw.project, parseTag) ?? null
  const dmAllowList = readList("CC_DM_DM_ALLOWLIST", parseNameList(raw.dmAllowList))
  const dmBlockList = readList("CC_DM_DM_BLOCKLIST", parseNameList(raw.dmBlockList))
  if (dmAllowList !== undefined && dmBlockList !== undefined)
    return yield* new ListsConflict({ lists: "CC_DM_DM" })
  const inboundAllowList = readList("CC_DM_INBOUND_ALLOWLIST", parseNameList(raw.inboundAllowList))
  const inboundBlockList = readList("CC_DM_INBOUND_BLOCKLIST", parseNameList(raw.inboundBlockList))
  if (inboundAllowList !== undefined && inboundBlockList !== undefined)
    return yield* new ListsConflict({ lists: "CC_DM_INBOUND" })

  const readApprover = (): Approver => {
    if (raw.relay === "" || raw.relay === "0") return { _tag: "Nobody" }
    if (raw.relay !== "1") {
      problems.push('CC_DM_PERMISSION_RELAY must be "1" or unset, so the relay is off')
      return { _tag: "Nobody" }
    }
    if (raw.approver.trim() === "") return { _tag: "Project" }
    if (raw.approver.trim().toLowerCase() === "@me") return { _tag: "People" }
    const [named = "", user = ""] = raw.approver.split("@", 2)
    const approver = read("CC_DM_PERMISSION_APPROVER", named, parseApprover)
    if (approver !== undefined)
      return { _tag: "Session", name: approver, ...(user.trim() === "" ? {} : { user: user.trim() }) }
    // Asking everybody instead would hand the decision to sessions that the user did not choose.
    problems.push("without a valid CC_DM_PERMISSION_APPROVER the relay is off")
    return { _tag: "Nobody" }
  }

  const trustsOld = raw.trustsOld === "1"
  if (!["", "0", "1"].includes(raw.trustsOld))
    problems.push('CC_DM_TRUST_1_3_1 must be "1" or unset, so sessions of 1.3.1 are not asked')

  if (!["", "0", "1"].includes(raw.wake))
    problems.push('CC_DM_WAKE must be "0" or unset, so messages wake this session')

  const history =
    read("CC_DM_HISTORY", raw.history, (text) => parseSpan(text, longestHistory)) ?? defaultHistory

  const values: Values = {
    name,
    role,
    project,
    dmAllowList,
    dmBlockList,
    broadcastRoles: readList("CC_DM_BROADCAST_ALLOWED_ROLES", parseRoleList(raw.broadcastRoles)),
    inboundAllowList,
    inboundBlockList,
    inboundProjects: readList("CC_DM_INBOUND_PROJECTS", parseProjectList(raw.inboundProjects)),
    ...readLimits(raw, reader),
    approver: readApprover(),
    trustsOld,
    conversation: session.conversation,
    forkOf: session.forkOf,
    nested: session.nested,
    delivery: read("CC_DM_DELIVERY", raw.delivery, parseDelivery) ?? "auto",
    isHealthCheck: session.isHealthCheck,
    startedAsChannel: session.startedAsChannel,
    wake: raw.wake !== "0",
    history,
    patience: history === 0 ? defaultHistory : history,
    cwd: session.projectFolder ?? raw.workingFolder,
    folder: `${raw.home}/.cc-dm`,
    busUrl: raw.busUrl,
    timing: defaultTiming,
    problems
  }
  return values
})

const commandLineVariables = Config.all({
  busUrl: BusUrl,
  rateLimit: variable("CC_DM_RATE_LIMIT"),
  queueLimit: variable("CC_DM_QUEUE_LIMIT")
})

/** What holds where no variable says anything. */
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
  patience: defaultHistory,
  cwd,
  folder: `${home}/.cc-dm`,
  busUrl: undefined,
  timing: defaultTiming,
  problems: []
})

/**
 * The settings of somebody at the command line: no variable of a session restricts or names them. The limits hold for
 * them too, since a script or a model's shell is as fast as a session.
 */
const forCommandLine = Effect.gen(function* () {
  const reader = makeReader()
  const raw = yield* commandLineVariables
  const values: Values = {
    ...defaults(yield* HomeFolder, yield* WorkingFolder),
    ...readLimits(raw, reader),
    delivery: "pull",
    busUrl: raw.busUrl,
    problems: reader.problems
  }
  return values
})

const saying = <E, R>(settings: Effect.Effect<Values, E, R>) =>
  Effect.tap(settings, ({ problems }) => Effect.forEach(problems, (problem) => Effect.logWarning(problem)))

/** The settings of this session, as the environment gave them at start. */
export class Settings extends Context.Service<Settings, Values>()("cc-dm/Settings") {
  /** Logs what is wrong with the variables. Fails with {@link ListsConflict} where both lists of a kind are set. */
  static readonly layer = Layer.effect(Settings, saying(decode))

  /** For the command line. */
  static readonly commandLine = Layer.effect(Settings, saying(forCommandLine))

  /** What the environment would give a session, and what is wrong with it; nothing is logged. */
  static readonly read = decode
}
