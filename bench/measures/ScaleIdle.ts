/** What sessions cost that do nothing, all together. */
import { Effect } from "effect"
import type { ScaleSizes } from "../ScaleSizes.ts"
import { type Crowd, processorTimeOf, withServer } from "./ScaleCrowd.ts"

/** The processor time of a whole crowd while it is idle, in percent of one core. */
export const idleCrowd = Effect.fnUntraced(function* (crowd: Crowd, { calming, idle }: ScaleSizes) {
  yield* Effect.sleep(calming)
  const before = processorTimeOf(crowd)
  const { elapsed, server } = yield* withServer(crowd, Effect.sleep(idle))
  const used = processorTimeOf(crowd) - before
  const percent = (time: number) => (100 * time) / elapsed
  return { samples: [percent(used)], server: server === undefined ? undefined : percent(server) }
})
