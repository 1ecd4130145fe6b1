/** Measuring several subjects in turns, so that what else the machine does meets all of them alike. */
import { Effect } from "effect"
import { merge, type Outcome } from "../Outcome.ts"
import type { Subject } from "../Subject.ts"

/** Measures each subject once a round; the order turns round, since being the first is no merit. */
export const inTurns = Effect.fnUntraced(function* <A extends { readonly subject: Subject }, E, R>(
  stages: ReadonlyArray<A>,
  rounds: number,
  measure: (stage: A, round: number) => Effect.Effect<Outcome, E, R>
) {
  const outcomes = new Map<string, Array<Outcome>>(stages.map(({ subject }) => [subject.name, []]))
  for (let round = 0; round < rounds; round++)
    for (const stage of round % 2 === 0 ? stages : stages.toReversed())
      outcomes.get(stage.subject.name)?.push(yield* measure(stage, round))
  return Object.fromEntries([...outcomes].map(([name, parts]) => [name, merge(parts)]))
})
