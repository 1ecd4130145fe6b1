/**
 * Tells this session, once, which of its messages were accepted and will not be seen, and which have to wait longer than
 * its sender may think. The report is a message of its own on the bus, so that no crash can lose it.
 */
import { Context, Effect, Layer } from "effect"
import { type Outcome, Receipts } from "../bus/receipts/Receipts.ts"
import { reasonInWords } from "../domain/Receipt.ts"
import { quote } from "../domain/Text.ts"
import { makeSignal } from "../platform/Signal.ts"
import { Settings } from "../settings/Settings.ts"
import { keepRunning } from "./Background.ts"
import { Identity } from "./Identity.ts"

/** The least time between two looks that news brings about, in milliseconds. */
const spacing = 1_000

const lineOf = ({ content, messageId, reason, to }: Outcome) =>
  `- message ${messageId} to ${quote(to)}, which begins ${quote(content)}: ${reasonInWords(reason)}`

/** The most lines of a section: the rest is in the inbox. */
const mostLines = 20

const section = (
  title: string,
  outcomes: ReadonlyArray<Outcome>,
  elsewhere: string
): ReadonlyArray<string> =>
  outcomes.length === 0
    ? []
    : [
        title,
        ...outcomes.slice(0, mostLines).map(lineOf),
        ...(outcomes.length > mostLines
          ? [`- and ${outcomes.length - mostLines} more: see ${elsewhere}`]
          : [])
      ]

/** The words of a report. `elsewhere`: where its reader finds all of it; a model's tool, unless it is a person. */
export const reportOf = (outcomes: ReadonlyArray<Outcome>, elsewhere = "inbox with sent"): string =>
  [
    ...section(
      "Of what you sent, this may never be seen:",
      outcomes.filter(({ what }) => what !== "waits"),
      elsewhere
    ),
    ...section(
      "Of what you sent, this now waits for its receiver's next turn:",
      outcomes.filter(({ what }) => what === "waits"),
      elsewhere
    )
  ].join("\n")

export class Reports extends Context.Service<
  Reports,
  {
    /** News of receipts came in: looks soon whether something is to be reported. */
    readonly soon: () => void
  }
>()("cc-dm/session/Reports") {
  static readonly layer = Layer.effect(
    Reports,
    Effect.gen(function* () {
      const identity = yield* Identity
      const receipts = yield* Receipts
      const { timing } = yield* Settings
      const news = makeSignal()

      const report = Effect.gen(function* () {
        const outcomes = yield* receipts.report(identity.id, reportOf)
        if (outcomes.some(({ kind }) => kind === "chat")) identity.knock()
        const unasked = outcomes.filter(({ kind, what }) => kind === "permission_request" && what !== "waits")
        yield* Effect.forEach(
          unasked,
          ({ to }) => Effect.logWarning(`a permission request never reached ${quote(to)}`),
          {
            discard: true
          }
        )
      })

      // What has come with the news goes on to the model first.
      const reportNews = news.next.pipe(Effect.andThen(Effect.yieldNow), Effect.andThen(report))
      yield* Effect.forkScoped(keepRunning("reports", reportNews, spacing))
      yield* keepRunning("reports", report, timing.messageSweep).pipe(
        Effect.delay(timing.messageSweep),
        Effect.forkScoped
      )

      return Reports.of({ soon: news.give })
    })
  )
}
