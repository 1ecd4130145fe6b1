/** What time it is on the bus, which is not this machine's if the bus is elsewhere. */
import { Effect } from "effect"
import { BusClock } from "../bus/engine/BusClock.ts"

/** In milliseconds. */
export const busTime = Effect.flatMap(BusClock, (clock) => Effect.map(clock.iso(), Date.parse))
