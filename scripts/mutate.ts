/**
 * Whether the tests bite: applies small wrong changes to a copy of `src`, runs the tests that could notice each, and says which
 * changes survive. The kept ones are in `scripts/mutations.json`.
 */
import { Console, Effect, Option } from "effect"
import { Command, Flag } from "effect/cli"
import { CommandLineServices, commandLineArguments } from "../src/platform/CommandLine.ts"
import { runMain } from "../src/platform/Platform.ts"
import { draw } from "./support/mutate/Draw.ts"
import {
  type Mutation,
  type Place,
  placesOf,
  readKept,
  readSources,
  writeKept
} from "./support/mutate/Mutation.ts"
import { Scratch } from "./support/mutate/Scratch.ts"

/** What a line begins with. `survived` has no reason, `spared` has one. */
type Word = "killed" | "survived" | "spared" | "stale" | "error"

interface Outcome {
  readonly word: Word
  readonly mutation: Mutation
}

const sources = readSources()

const titleOf = (mutation: Mutation, { file, line }: Place): string => {
  const change = `${mutation.before} => ${mutation.after === "" ? "(nothing)" : mutation.after}`
  return `${file}:${line}  ${mutation.rule ?? change.replaceAll(/\s+/g, " ")}`
}

const say = (word: string, words: string) => Console.log(`${word.padEnd(9)}${words}`)

/** Tries a mutation, and says in a line what became of it. */
const attempt = Effect.fn(function* (scratch: Scratch, mutation: Mutation, quick: boolean) {
  const [place, another] = placesOf(sources, mutation)
  if (place === undefined || another !== undefined) {
    yield* say(
      "stale",
      `${place === undefined ? "no" : "more than one"} place in src has: ${mutation.before}`
    )
    return { word: "stale", mutation } satisfies Outcome
  }
  const title = titleOf(mutation, place)
  const began = performance.now()
  const outcome = yield* Effect.tryPromise({
    try: () => scratch.try(place, mutation, quick),
    catch: (cause) => (cause instanceof Error ? cause.message : String(cause))
  }).pipe(Effect.result)
  const took = `${((performance.now() - began) / 1_000).toFixed(0)} s`
  if (outcome._tag === "Failure") {
    yield* say("error", `${title} (${took}): ${outcome.failure}`)
    return { word: "error", mutation } satisfies Outcome
  }
  const verdict = outcome.success
  if (verdict._tag === "killed") {
    const spared = mutation.reason === undefined ? "" : "; its reason to survive can go"
    yield* say("killed", `${title} (${took}, ${verdict.by}: ${verdict.test}${spared})`)
    return { word: "killed", mutation: { ...mutation, tests: [verdict.by] } } satisfies Outcome
  }
  const word = mutation.reason === undefined ? "survived" : "spared"
  yield* say(word, `${title} (${took})${mutation.reason === undefined ? "" : `: ${mutation.reason}`}`)
  return { word, mutation } satisfies Outcome
})

/** Tries mutations, some at a time, each in the copy of the tree that its worker has. */
const attemptAll = (mutations: ReadonlyArray<Mutation>, workers: number, quick: boolean) => {
  const left = [...mutations]
  const work = Effect.scoped(
    Effect.gen(function* () {
      const scratch = yield* aScratch
      const outcomes: Array<Outcome> = []
      for (let next = left.shift(); next !== undefined; next = left.shift())
        outcomes.push(yield* attempt(scratch, next, quick))
      return outcomes
    })
  )
  return Effect.map(
    Effect.all(
      Array.from({ length: workers }, () => work),
      { concurrency: workers }
    ),
    (all) => all.flat()
  )
}

const aScratch = Effect.acquireRelease(
  Effect.sync(() => new Scratch()),
  (scratch) => Effect.sync(() => scratch.remove())
)

/** Draws as many mutations as are asked for whose types hold and that are not kept already. */
const drawn = Effect.fn(function* (count: number, seed: number) {
  const scratch = yield* aScratch
  const kept = new Set(readKept().map(({ before, after }) => `${before}\n${after}`))
  const found: Array<Mutation> = []
  for (const mutation of draw(sources, seed)) {
    if (found.length === count) break
    if (kept.has(`${mutation.before}\n${mutation.after}`)) continue
    const [place] = placesOf(sources, mutation)
    if (place !== undefined && (yield* Effect.promise(() => scratch.typesHold(place)))) found.push(mutation)
  }
  return found
}, Effect.scoped)

const summary = (outcomes: ReadonlyArray<Outcome>) => {
  const count = (word: Word) => outcomes.filter((outcome) => outcome.word === word).length
  return Effect.andThen(
    Console.log(
      `${count("killed")} killed, ${count("survived")} survived, ${count("spared")} spared with a reason, ${count("stale")} stale, ${count("error")} in error`
    ),
    Effect.sync(() => {
      if (count("survived") + count("stale") + count("error") > 0) process.exitCode = 1
    })
  )
}

const matches = (pattern: string, mutation: Mutation): boolean =>
  [mutation.rule ?? "", mutation.before, ...placesOf(sources, mutation).map(({ file }) => file)].some(
    (text) => text.includes(pattern)
  )

const mutate = Command.make(
  "mutate",
  {
    only: Flag.String("only").pipe(
      Flag.withDescription("Only kept mutations whose rule, text or file has this in it"),
      Flag.withDefault("")
    ),
    list: Flag.Boolean("list").pipe(
      Flag.withDescription("List the kept mutations and where they apply, and run nothing"),
      Flag.withDefault(false)
    ),
    draw: Flag.Int("draw").pipe(
      Flag.withDescription("Draw this many new mutations over all rooms, instead of the kept ones"),
      Flag.optional
    ),
    seed: Flag.Int("seed").pipe(Flag.withDescription("What --draw draws by"), Flag.withDefault(1)),
    keep: Flag.Boolean("keep").pipe(
      Flag.withDescription(
        "Write what was drawn, or by which tests a mutation was caught, into the kept file"
      ),
      Flag.withDefault(false)
    ),
    quick: Flag.Boolean("quick").pipe(
      Flag.withDescription("Leave out the tests that run real servers, for a file that has others"),
      Flag.withDefault(false)
    ),
    workers: Flag.Int("workers").pipe(
      Flag.withDescription("How many are tried at a time"),
      Flag.withDefault(1)
    )
  },
  Effect.fn(function* ({ draw: count, keep, list, only, quick, seed, workers }) {
    const kept = readKept()
    if (list) {
      for (const mutation of kept.filter((one) => matches(only, one))) {
        const [place, another] = placesOf(sources, mutation)
        yield* place === undefined || another !== undefined
          ? say("stale", mutation.rule ?? mutation.before)
          : say(mutation.reason === undefined ? "kept" : "spared", titleOf(mutation, place))
      }
      return
    }
    const asked = Option.isSome(count)
      ? yield* drawn(count.value, seed)
      : kept.filter((one) => matches(only, one))
    const outcomes = yield* attemptAll(asked, workers, quick)
    if (keep) writeKept(merged(kept, asked, outcomes))
    yield* summary(outcomes)
  })
).pipe(
  Command.withDescription(
    "Applies small wrong changes to a copy of src, runs the tests that could notice, and says which changes survive. Exit code 1: one survived without a reason, or its text is gone."
  )
)

/** The kept file with what is new, each mutation with the tests that caught it this time. */
const merged = (
  kept: ReadonlyArray<Mutation>,
  asked: ReadonlyArray<Mutation>,
  outcomes: ReadonlyArray<Outcome>
): ReadonlyArray<Mutation> => {
  const isSame = (one: Mutation, other: Mutation) => one.before === other.before && one.after === other.after
  const known = [...kept, ...asked.filter((one) => !kept.some((other) => isSame(one, other)))]
  return known.map((one) => outcomes.find(({ mutation }) => isSame(one, mutation))?.mutation ?? one)
}

runMain(
  Command.runWith(mutate, { version: "" })(commandLineArguments).pipe(Effect.provide(CommandLineServices))
)
