/**
 * Every variable of ours, each described here and nowhere else. The table in docs/reference/variables.md, what `doctor` knows and what is decoded
 * come from this one. A new variable is a new entry, a line in that table, and a case in the test.
 */
import { Redacted, Result } from "effect"
import { type Name, parseHeldName, parseTag, type Tag } from "../domain/Name.ts"
import { parseNameList, parseProjectList, parseRoleList } from "../domain/NameList.ts"
import {
  defaultQueueLimit,
  defaultRateLimit,
  parseQueueLimit,
  parseRateLimit,
  type RateLimit
} from "../domain/Pace.ts"
import { parseSpan } from "../domain/Span.ts"
import { type Approver, parseApprover } from "./Approver.ts"
import { type DeliveryMode, parseDeliveryMode } from "./DeliveryMode.ts"
import { list, onOrOff, single, type Variable } from "./Variable.ts"

/** In milliseconds. */
export const defaultHistory = 24 * 3_600_000
const longestHistory = 30 * 24 * 3_600_000

export const variables = {
  name: single<Name | undefined>({
    name: "CC_DM_SESSION_NAME",
    meaning: "name",
    otherwise: "the id",
    fallback: undefined,
    parse: parseHeldName
  }),
  nameAsId: single<Name | undefined>({
    name: "CC_DM_SESSION_ID",
    meaning: "an older spelling of `CC_DM_SESSION_NAME`, read if that one is not set",
    otherwise: "none",
    fallback: undefined,
    parse: parseHeldName
  }),
  role: single<Tag | undefined>({
    name: "CC_DM_SESSION_ROLE",
    meaning: "role, for example orchestrator, worker, reviewer",
    otherwise: "`worker`",
    fallback: undefined,
    parse: parseTag
  }),
  project: single<Tag | null>({
    name: "CC_DM_SESSION_PROJECT",
    meaning: "project",
    otherwise: "none",
    fallback: null,
    parse: parseTag
  }),
  dmAllowList: list({
    name: "CC_DM_DM_ALLOWLIST",
    meaning: "names that this session may DM, separated by commas",
    otherwise: "no limit",
    parse: parseNameList
  }),
  dmBlockList: list({
    name: "CC_DM_DM_BLOCKLIST",
    meaning: "names that this session may not DM, separated by commas",
    otherwise: "no limit",
    parse: parseNameList
  }),
  broadcastRoles: list({
    name: "CC_DM_BROADCAST_ALLOWED_ROLES",
    meaning: "roles that may broadcast from this session, separated by commas",
    otherwise: "no limit",
    parse: parseRoleList
  }),
  inboundAllowList: list({
    name: "CC_DM_INBOUND_ALLOWLIST",
    meaning: "names whose messages this session takes, separated by commas",
    otherwise: "everybody's",
    parse: parseNameList
  }),
  inboundBlockList: list({
    name: "CC_DM_INBOUND_BLOCKLIST",
    meaning: "names whose messages this session does not take, separated by commas",
    otherwise: "none",
    parse: parseNameList
  }),
  inboundProjects: list({
    name: "CC_DM_INBOUND_PROJECTS",
    meaning: "projects whose messages this session takes; `@none` for senders without one",
    otherwise: "all",
    parse: parseProjectList
  }),
  rateLimit: single<RateLimit | undefined>({
    name: "CC_DM_RATE_LIMIT",
    meaning: "messages a minute, to one receiver and in all; `off`: no limits",
    otherwise: "`20/60`",
    fallback: defaultRateLimit,
    parse: parseRateLimit
  }),
  queueLimit: single<number | undefined>({
    name: "CC_DM_QUEUE_LIMIT",
    meaning: "messages that may wait for one receiver of this session, or `off`",
    otherwise: "`200`",
    fallback: defaultQueueLimit,
    parse: parseQueueLimit
  }),
  delivery: single<DeliveryMode>({
    name: "CC_DM_DELIVERY",
    meaning: "which way messages come in: `auto`, `channel`, `hooks`, or `pull` (only by `inbox`)",
    otherwise: "`auto`",
    fallback: "auto",
    parse: parseDeliveryMode
  }),
  wake: onOrOff({
    name: "CC_DM_WAKE",
    meaning: "`0`: messages never wake this session when it is idle",
    otherwise: "they do",
    unusual: "0",
    ifWrong: "messages wake this session"
  }),
  /** It may hold a password. */
  busUrl: single<Redacted.Redacted | undefined>({
    name: "CC_DM_BUS_URL",
    meaning: "a bus for several machines, in PostgreSQL",
    otherwise: "the file in `~/.cc-dm`",
    fallback: undefined,
    parse: (text) => Result.succeed(Redacted.make(text.trim()))
  }),
  history: single({
    name: "CC_DM_HISTORY",
    meaning: "how long messages are kept, e.g. `90m`, `24h`, `7d`; at most `30d`; `0`: until they are seen",
    otherwise: "`24h`",
    fallback: defaultHistory,
    parse: (text) => parseSpan(text, longestHistory)
  }),
  relay: onOrOff({
    name: "CC_DM_PERMISSION_RELAY",
    meaning: "`1` switches the permission relay on",
    otherwise: "off",
    unusual: "1",
    ifWrong: "the relay is off"
  }),
  approver: single<Approver>({
    name: "CC_DM_PERMISSION_APPROVER",
    meaning:
      "name or id of the session that is asked for permissions; `@me`: people at the command line, and no model",
    otherwise: "every session of the project",
    fallback: { _tag: "Project" },
    parse: parseApprover,
    // Asking everybody instead would hand the decision to sessions that the user did not choose.
    ifWrong: { value: { _tag: "Nobody" }, so: "the relay is off" }
  }),
  trustsOld: onOrOff({
    name: "CC_DM_TRUST_1_3_1",
    meaning: "`1`: sessions of 1.3.1, which can't prove who they are, may be asked for permissions too",
    otherwise: "off",
    unusual: "1",
    ifWrong: "sessions of 1.3.1 are not asked"
  })
}

/** All of them, in the order in which people read of them. */
export const allVariables: ReadonlyArray<Variable<unknown>> = Object.values(variables)

/** Every variable of ours that is read. */
export const variableNames: ReadonlyArray<string> = allVariables.map(({ name }) => name)
