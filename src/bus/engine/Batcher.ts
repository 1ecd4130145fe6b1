/**
 * Answers what is asked one by one in batches: all that is asked for while a batch is under way makes the next one, in its order.
 * Effect's `Request` does not serve for that: it runs its batches side by side, and in no order.
 */
import { Deferred, Effect, Exit } from "effect"
import { makeIntake } from "../../platform/Signal.ts"

/**
 * Makes a batcher, which works for as long as the scope is open. `answerAll` gives an answer for each of its inputs; what it fails
 * with, all of them fail with.
 *
 * @returns a function that puts an input in at once, and gives an effect that waits for its answer
 */
export const makeBatcher = Effect.fnUntraced(function* <Input, Answer, Failure>(
  answerAll: (
    inputs: readonly [Input, ...Array<Input>]
  ) => Effect.Effect<ReadonlyArray<Exit.Exit<Answer, Failure>>, Failure>
) {
  // What is asked for in the same turn of the event loop goes along: a burst would else take up to a third longer.
  const asked = makeIntake<{ input: Input; answer: Deferred.Deferred<Answer, Failure> }>(Effect.yieldNow)
  const answerNext = Effect.gen(function* () {
    const [first, ...others] = yield* asked.all
    if (first === undefined) return
    const answers = yield* Effect.exit(answerAll([first.input, ...others.map(({ input }) => input)]))
    for (const [index, { answer }] of [first, ...others].entries()) {
      const exit = Exit.isSuccess(answers)
        ? (answers.value[index] ?? Exit.die(new Error("a batch gave too few answers")))
        : Exit.failCause(answers.cause)
      Deferred.doneUnsafe(answer, exit)
    }
  })
  yield* Effect.forkScoped(Effect.forever(answerNext, { disableYield: true }))
  return (input: Input) =>
    Effect.sync(() => {
      const answer = Deferred.makeUnsafe<Answer, Failure>()
      asked.put({ input, answer })
      return Deferred.await(answer)
    })
})
