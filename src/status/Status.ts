/** What a status is, made of what the bus says: who asks, what waits, and who is here. */
import type { CountsRow, PresentRow } from "../bus/roster/StatusRows.ts"
import { hostName } from "../platform/System.ts"
import type { Timing } from "../settings/Timing.ts"
import type { Asker } from "./Asker.ts"

/** A session or a person that is here. */
export interface Present {
  readonly id: string
  readonly name: string
  readonly role: string
  readonly project: string | null
  readonly doing: string | null
}

/** What is known. */
export interface Status {
  /** `none`: there is no bus yet. `unreadable`: there is one, and it can't be read. */
  readonly bus: "there" | "none" | "unreadable"
  /** Whether a session asks, or a person. */
  readonly asker: Asker["kind"]
  /** Who asks, as the bus knows them; `undefined`: it does not. */
  readonly me: Present | undefined
  /** How many messages nobody has shown to the one who asks, and how many permission requests wait for an answer. */
  readonly waiting: number
  readonly requests: number
  /** The other sessions that are here, and people who listen. */
  readonly others: ReadonlyArray<Present>
}

/** A status without a bus that could tell more. */
export const emptyStatus = (bus: "none" | "unreadable", asker: Asker["kind"]): Status => ({
  bus,
  asker,
  me: undefined,
  waiting: 0,
  requests: 0,
  others: []
})

const isPerson = ({ kind }: PresentRow) => kind === "command line"

/** Whether one of these servers, which run here, serves it: a number of a process says nothing of other machines. */
const isServedBy = ({ host, pid }: PresentRow, servers: ReadonlyArray<string>) =>
  pid !== null && servers.includes(pid) && (host === null || host === hostName())

const isOfSame = (one: PresentRow, other: PresentRow) => one.pid === other.pid && one.host === other.host

/** The row of the one who asks. */
export const mine = (rows: ReadonlyArray<PresentRow>, asker: Asker): PresentRow | undefined => {
  if (asker.kind === "person") return rows.find((row) => isPerson(row) && row.name === asker.name)
  const served = rows.find((row) => row.mine === 1) ?? rows.find((row) => isServedBy(row, asker.servers))
  // One server has one session. On a bus of several users another one may say the same of theirs: then neither is believed.
  const isClaimed = served?.mine === 0 && rows.some((row) => row !== served && isOfSame(row, served))
  return isClaimed ? undefined : served
}

const iso = (time: number) => new Date(time).toISOString()

/** What `selectPresent` asks for. `now`: the time of the bus, in milliseconds. */
export const presentFor = (asker: Asker, { lease }: Timing, now: number) => ({
  conversation: asker.kind === "session" ? asker.conversation : "",
  freshSince: iso(now - lease)
})

/** What `selectCounts` asks for. */
export const countsFor = (
  rows: ReadonlyArray<PresentRow>,
  asker: Asker,
  { messageLife }: Timing,
  now: number
) => ({
  id: mine(rows, asker)?.id ?? "",
  all: asker.kind === "person" ? 1 : 0,
  now: iso(now),
  oldest: iso(now - messageLife)
})

const presentOf = ({ doing, id, name, project, role }: PresentRow): Present => ({
  id,
  name,
  role,
  project,
  doing
})

/** Puts together what was read. */
export const statusOf = (
  rows: ReadonlyArray<PresentRow>,
  asker: Asker,
  counts: ReadonlyArray<CountsRow>
): Status => {
  const me = mine(rows, asker)
  return {
    bus: "there",
    asker: asker.kind,
    me: me && presentOf(me),
    waiting: Number(counts[0]?.waiting ?? 0),
    requests: Number(counts[0]?.requests ?? 0),
    others: rows
      .filter((row) => row !== me && row.status !== "nested" && (!isPerson(row) || row.doorbell === 1))
      .map(presentOf)
  }
}
