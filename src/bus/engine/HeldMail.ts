/** Mail for a name that no session held when it was written, or whose holder left before it saw it. */
import { Context, type Effect } from "effect"
import type { BusUnavailable } from "../../domain/Errors.ts"
import type { SessionId } from "../../domain/Name.ts"

/** Mail that waits. */
export interface Held {
  readonly messageId: number
  /** The sender's project when it wrote; `null`: none. */
  readonly fromProject: string | null
}

export class HeldMail extends Context.Service<
  HeldMail,
  {
    /** What waits for a name, its new holder's own mail aside. */
    readonly find: (name: string, holder: SessionId) => Effect.Effect<ReadonlyArray<Held>, BusUnavailable>
    /** Gives mail to the holder of the name, as far as no other session got it meanwhile. */
    readonly give: (ids: ReadonlyArray<number>, holder: SessionId) => Effect.Effect<void, BusUnavailable>
    /** Gives mail back to its name, which this holder has no more. */
    readonly putBack: (ids: ReadonlyArray<number>, holder: SessionId) => Effect.Effect<void, BusUnavailable>
  }
>()("cc-dm/bus/HeldMail") {}
