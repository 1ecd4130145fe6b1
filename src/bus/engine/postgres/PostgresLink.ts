/** What a connection to PostgreSQL gives beside statements. */
import { Context, type Effect, type Scope } from "effect"

export class PostgresLink extends Context.Service<
  PostgresLink,
  {
    /**
     * Rings that came for a session, for as long as the scope is open; over whichever connection there is. Does not wait for
     * one: what makes it listens before anything else is done with it.
     */
    readonly listen: (
      channel: string,
      lock: string,
      ring: () => void
    ) => Effect.Effect<void, never, Scope.Scope>
    /** How far this machine's clock is behind the server's, in milliseconds. */
    readonly offset: Effect.Effect<number>
    /** The same at once, as it was when it was last asked for. */
    readonly offsetNow: () => number
  }
>()("cc-dm/bus/postgres/PostgresLink") {}
