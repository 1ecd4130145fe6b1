/** Lines on a server's stdin that no memory should hold. */
import { readFileSync } from "node:fs"
import { Effect } from "effect"
import { named, startReady } from "../../../testkit/host/ClaudeCode.ts"
import { temporaryFolder } from "../../support/bus.ts"
import { type Attack, tally } from "../Attack.ts"

const mebibyte = 1024 * 1024

/** Lines that are built of pieces of one MiB: a beginning, so many MiB, and an end, with the id that the answer should carry. */
const lines: ReadonlyArray<readonly [head: string, mebibytes: number, end: string, id: unknown]> = [
  ['{"method":"tools/call","params":{"name":"', 65, '"},"jsonrpc":"2.0","id":701}', 701],
  ['{"jsonrpc":"2.0","id":"seven","method":"', 65, '"}', "seven"],
  ["", 150, "", null]
]

/** The most memory that a process had so far, in MiB, as Linux tells. */
const peakOf = (pid: number) =>
  Number(/VmHWM:\s*(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0) / 1024

const attack: Attack = {
  what: "a line of 65 to 150 MiB on a server's stdin, a request and none",
  held: "it is answered with an error, the next request is answered, and the server stays below 600 MiB",
  tries: lines.length,
  impossible: process.platform === "linux" ? undefined : "only Linux tells how much memory a process had",
  run: Effect.gen(function* () {
    const home = yield* temporaryFolder
    const alice = yield* startReady({ home, env: named("alice") })
    const { expect, outcome } = tally()
    for (const [head, mebibytes, end, id] of lines) {
      const from = alice.lines().length
      yield* alice.write(head)
      for (let sent = 0; sent < mebibytes; sent++) yield* alice.write("x".repeat(mebibyte))
      yield* alice.write(`${end}\n`)
      const { isError } = yield* alice.call("who")
      const answers = alice
        .lines()
        .slice(from)
        .map((line): { readonly id?: unknown; readonly error?: unknown } => JSON.parse(line))
      const isAnswered = answers.some((answer) => answer.error !== undefined && answer.id === id)
      expect(!isError && isAnswered && peakOf(alice.pid) < 600, `${head} (${peakOf(alice.pid)} MiB)`)
    }
    return outcome()
  })
}

export default attack
