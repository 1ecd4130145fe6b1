/** What a status is, made of what the bus says: who asks, what waits, and who is here. */
import type { PresentRow } from "../bus/roster/StatusRows.ts"
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

/** The row of the one who asks. */
export const mine = (rows: ReadonlyArray<PresentRow>, asker: Asker): PresentRow | undefined =>
  asker.kind === "person"
    ? rows.find((row) => isPerson(row) && row.name === asker.name)
    : rows.find((row) => row.mine === 1 || (row.pid !== null && asker.servers.includes(row.pid)))

const presentOf = ({ doing, id, name, project, role }: PresentRow): Present => ({
  id,
  name,
  role,
  project,
  doing
})

/** Puts together what was read. `me`: one of the rows. */
export const statusOf = (
  rows: ReadonlyArray<PresentRow>,
  asker: Asker,
  me: PresentRow | undefined,
  counts: Pick<Status, "waiting" | "requests">
): Status => ({
  bus: "there",
  asker: asker.kind,
  me: me && presentOf(me),
  ...counts,
  others: rows
    .filter((row) => row !== me && row.status !== "nested" && (!isPerson(row) || row.doorbell === 1))
    .map(presentOf)
})
