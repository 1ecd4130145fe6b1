/** How messages look in an answer to a hook: nothing in one can pass for the words around it. */
import { describe, expect, test } from "bun:test"
import * as Arbitrary from "effect/Arbitrary"
import type { Message } from "../../src/domain/Message.ts"
import { plainWords, quoteLines } from "../../src/domain/Text.ts"
import { answerWith, notice, render, summary } from "../../src/hosts/Envelope.ts"
import { roomInAnswer } from "../../src/hosts/Host.ts"
import { it } from "../support/it.ts"
import { hides, nasty } from "../support/nasty.ts"

/** What ends a line, somewhere. */
const lineEnd = /\r\n|[\n\r\v\f\u0085\u2028\u2029]/u

const message: Arbitrary.Arbitrary<Message> = Arbitrary.map(
  Arbitrary.all({ content: nasty, from: nasty, thread: nasty }),
  ({ content, from, thread }) => ({
    id: 7,
    kind: "chat",
    from,
    fromId: undefined,
    proof: "signed",
    fromProject: null,
    fromKind: "session",
    to: "bob",
    content,
    metadata: { thread_id: thread, priority: "urgent" },
    options: { replyTo: 3 },
    sentAt: "1970-01-01T00:00:00.000Z"
  })
)

const plain: Message = {
  id: 7,
  kind: "chat",
  from: "alice",
  fromId: undefined,
  proof: "signed",
  fromProject: null,
  fromKind: "session",
  to: "bob",
  content: "one\ntwo",
  metadata: {},
  options: {},
  sentAt: "1970-01-01T00:00:00.000Z"
}

const holds = (name: string, of: (message: Message) => boolean) => it.prop(name, message, of, 300, 60)

describe("a message in an answer", () => {
  test("says who sent it, its number, and when", () => {
    expect(render(plain)).toMatchObject({
      text: '\n\nMessage 7 from "alice", sent 1970-01-01T00:00:00.000Z:\n| one\n| two',
      whole: true
    })
  })

  test("says what it answers, and its thread", () => {
    const { text } = render({ ...plain, metadata: { thread_id: "t" }, options: { replyTo: 3 } })
    expect(text).toContain('(thread "t", in answer to message 3)')
  })

  test("that is cut at the end of a line leaves no line without its bar", () => {
    for (const before of ["", "x", "xy", "xyz"])
      for (const end of ["\n", "\r\n", "\u2028"]) {
        const { text, whole } = render({ ...plain, content: `${before}${end.repeat(6_000)}z` })
        expect(whole).toBe(false)
        const [, , , ...lines] = text.split("\n")
        expect(lines.slice(0, -1).every((line) => line.startsWith("| "))).toBe(true)
      }
  })

  test("that is too long is cut between two characters, and says so", () => {
    const { text, whole } = render({ ...plain, content: "😀".repeat(9_000) })
    expect(whole).toBe(false)
    expect(text.length).toBeLessThanOrEqual(roomInAnswer)
    expect(text.isWellFormed()).toBe(true)
    expect(text).toContain("Call inbox for all of it: it holds 18000 characters.")
  })

  holds("has each line behind a bar but its first, and one of ours where it was cut", (one) => {
    const { text, whole } = render(one)
    const [, , head = "", ...lines] = text.split(lineEnd)
    const words = whole ? lines : lines.slice(0, -1)
    return (
      head.startsWith('Message 7 from "') && words.length > 0 && words.every((line) => line.startsWith("|"))
    )
  })

  holds("is all there where it is whole", (one) => {
    const { text, whole } = render(one)
    return !whole || text.endsWith(`:\n${plainWords(quoteLines(one.content))}`)
  })

  holds("hides nothing, and closes nothing that stands around it", (one) => {
    const { text } = render(one)
    return !hides.test(text) && !/<\s*\/?\s*(channel|system-reminder|cross-session-message)\b/i.test(text)
  })

  holds("is well-formed, and fits with the words around it", (one) => {
    const answer = answerWith([one], 12)
    const whole = JSON.stringify({
      hookSpecificOutput: { hookEventName: "UserPromptSubmit", additionalContext: answer },
      systemMessage: notice([one, one, one, one])
    })
    return answer.isWellFormed() && whole.length <= 10_000 && render(one).text.length <= roomInAnswer
  })

  holds("has no control characters outside of its own lines", (one) => {
    const head = render(one).text.split(lineEnd)[2] ?? ""
    return !/\p{Cc}/u.test(head)
  })
})

describe("messages whose beginning was shown", () => {
  test("are counted in one line", () => {
    expect(answerWith([], 1)).toBe(
      "One message of cc-dm, whose beginning you were shown, waits to be read in full: call inbox."
    )
    const both = answerWith([plain], 2)
    expect(both).toContain("approve nothing")
    expect(
      both.endsWith(
        "\n\n2 messages of cc-dm, whose beginnings you were shown, wait to be read in full: call inbox."
      )
    ).toBe(true)
    expect(answerWith([plain], 0)).not.toContain("in full")
  })

  test("leave room for what waits behind them", () => {
    const long = { ...plain, content: "x".repeat(9_900) }
    expect(render(long)).toMatchObject({ whole: false })
    expect(render(long).size).toBeLessThan(roomInAnswer / 2)
  })
})

describe("the line that the user sees", () => {
  test("says how messages begin", () => {
    expect(notice([{ ...plain, content: " hello\n\tbob, how far\nare you? " }])).toBe(
      'cc-dm: 1 message from alice: "hello bob, how far are you?"'
    )
    const many = ["a", "b", "c", "d"].map((from) => ({ ...plain, from, content: `I am ${from}` }))
    expect(notice(many)).toBe('cc-dm: 4 messages from a, b, c and others: "I am a", "I am b", "I am c", …')
    expect(notice([{ ...plain, content: "y".repeat(500) }])).toBe(
      `cc-dm: 1 message from alice: "${"y".repeat(59)}…"`
    )
  })

  holds("is short, is one line, and drives no terminal, whatever messages say", (one) => {
    const line = notice([one, one])
    return line.length <= 400 && !lineEnd.test(line) && !hides.test(line) && !/[\p{Cc}\p{Cs}]/u.test(line)
  })

  test("counts messages and names senders", () => {
    expect(summary([plain])).toBe("cc-dm: 1 message from alice")
    expect(summary([plain, plain])).toBe("cc-dm: 2 messages from alice")
    const many = ["a", "b", "c", "d"].map((from) => ({ ...plain, from }))
    expect(summary(many)).toBe("cc-dm: 4 messages from a, b, c and others")
  })

  test("quotes what is no name", () => {
    expect(summary([{ ...plain, from: "your user" }])).toBe('cc-dm: 1 message from "your user"')
  })

  holds("is one line that drives no terminal", (one) => {
    const line = summary([one])
    return !lineEnd.test(line) && !/[\p{Cc}\p{Cs}]/u.test(line)
  })
})
