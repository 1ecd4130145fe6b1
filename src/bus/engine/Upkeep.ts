/**
 * What is done to the rows of others: sessions that are gone leave the roster and free their names, and messages that need
 * not be kept any more are removed. In the file any server does it that notices; PostgreSQL has functions of its own for that.
 */
import { Context, type Effect } from "effect"
import type * as SqlClient from "effect/sql/SqlClient"
import type { SqlError } from "effect/sql/SqlError"
import type { BusUnavailable } from "../../domain/Errors.ts"
import type { SessionId } from "../../domain/Name.ts"

export class Upkeep extends Context.Service<
  Upkeep,
  {
    /**
     * Takes a name from sessions that are gone. Part of the transaction that takes the name, in which from then on no other session
     * takes one.
     */
    readonly freeName: (
      sql: SqlClient.SqlClient,
      id: SessionId,
      name: string
    ) => Effect.Effect<void, SqlError>
    /** Takes a session off the roster: this one, which ends, or one that is dead. */
    readonly remove: (id: string) => Effect.Effect<void, BusUnavailable>
    /** Takes sessions off the roster that have shown no sign for long. Says which. */
    readonly sweepSessions: Effect.Effect<ReadonlyArray<string>, BusUnavailable>
    /** Removes messages whose time in the history is over, but not those whose sender has yet to be told about them. */
    readonly sweepMessages: Effect.Effect<void, BusUnavailable>
  }
>()("cc-dm/bus/Upkeep") {}
