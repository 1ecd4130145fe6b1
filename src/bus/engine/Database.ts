/**
 * The one connection to the bus, whatever engine it has. It opens when it is first needed and, if that failed, is tried again at
 * the next call: so the server stays up on a bus that can't be used, says why, and works once it is repaired.
 *
 * Services speak SQL through `run` (one statement, or reads) and `transaction`. Both wait for
 * locks asynchronously, and both fail with `BusUnavailable` alone.
 */
import { Context, type Effect } from "effect"
import type * as SqlClient from "effect/sql/SqlClient"
import type { SqlError } from "effect/sql/SqlError"
import type { BusUnavailable } from "../../domain/Errors.ts"
import type { Statement, Value } from "./Statement.ts"

/** What runs the statements. */
export type Engine = "sqlite" | "postgres"

export type Use = <A, E>(
  body: (sql: SqlClient.SqlClient) => Effect.Effect<A, E | SqlError>
) => Effect.Effect<A, Exclude<E, SqlError> | BusUnavailable>

export class Database extends Context.Service<
  Database,
  {
    readonly engine: Engine
    /** Runs single statements, each its own commit. */
    readonly run: Use
    /** Runs statements as one transaction, in the file `BEGIN IMMEDIATE`; a failure rolls it back. Await nothing but SQL in it. */
    readonly transaction: Use
    /** A number that changes whenever another process has written to the bus; `undefined`: it can't be told. */
    readonly version: () => number | undefined
    /**
     * Reads once for all who ask for the same in the same moment: until something is awaited, or written from here. What is given must
     * not be changed.
     *
     * @param question what is read, as a text that no other reading has
     */
    readonly atOnce: <A>(
      question: string,
      read: Effect.Effect<A, BusUnavailable>
    ) => Effect.Effect<A, BusUnavailable>
    /** Reads one row at once, without an effect; `undefined`: there is none, or the bus can't be read just now. */
    readonly peek: <Names extends string, Row>(
      statement: Statement<Names, Row>,
      values: Readonly<Record<Names, Value>>
    ) => Row | undefined
  }
>()("cc-dm/bus/Database") {}
