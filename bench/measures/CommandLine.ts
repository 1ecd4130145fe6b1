/** How long `cc-dm who` takes at a terminal, from its start to its end, on a bus with some sessions. Only ours has one. */
import { join } from "node:path"
import { Effect } from "effect"
import type { Sizes } from "../Options.ts"
import type { Row } from "../Outcome.ts"
import { settle, startSession } from "../Session.ts"
import { ours, type Subject } from "../Subject.ts"

const command = ["sh", join(import.meta.dir, "../../plugin/bin/cc-dm"), "who"]

const names = ["planner", "backend", "tests"]

const whoOnce = (home: string) =>
  Effect.promise(async () => {
    const begun = performance.now()
    const child = Bun.spawn(command, {
      stdout: "pipe",
      stderr: "inherit",
      env: { PATH: process.env["PATH"] ?? "", HOME: home }
    })
    const text = await child.stdout.text()
    await child.exited
    const time = performance.now() - begun
    if (!names.every((name) => text.includes(name))) throw new Error(`cc-dm who prints:\n${text}`)
    return time
  })

export const commandLine = Effect.fnUntraced(function* (subjects: ReadonlyArray<Subject>, sizes: Sizes) {
  const place = yield* ours.place
  const sessions = yield* Effect.forEach(names, (name) => startSession(ours, place, name))
  yield* settle(ours, sessions, sizes)
  const samples = yield* Effect.forEach(Array.from({ length: sizes.starts }), () => whoOnce(place.home))
  const row: Row = {
    what: `cc-dm who, from start to end (${sizes.starts})`,
    unit: "ms",
    aim: { median: 150 },
    outcomes: subjects.includes(ours) ? { [ours.name]: { samples } } : {}
  }
  return [row]
}, Effect.scoped)
