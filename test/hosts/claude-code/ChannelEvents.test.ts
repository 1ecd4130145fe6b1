/** What Claude Code's channels are told: each attribute that stands beside the words. */
import { describe, expect, test } from "bun:test"
import type { Message } from "../../../src/domain/Message.ts"
import { SessionId } from "../../../src/domain/Name.ts"
import { channel } from "../../../src/hosts/claude-code/ChannelEvents.ts"

const message: Message = {
  id: 12,
  kind: "chat",
  from: "alice",
  fromId: SessionId.make("session-000000000001"),
  proof: "signed",
  fromProject: null,
  fromKind: "session",
  to: "bob",
  content: "hello",
  metadata: {},
  options: {},
  sentAt: "1970-01-01T00:00:00.000Z"
}
const always = {
  from_session: "alice",
  to_session: "bob",
  message_id: "12",
  sent_at: "1970-01-01T00:00:00.000Z"
}
const metaOf = (more: Partial<Message>) => channel.event({ ...message, ...more }).params["meta"]

describe("an event of the channel", () => {
  test("says who wrote to whom, which message it is and when it was sent, and no more where there is no more to say", () => {
    expect(channel.event(message)).toEqual({
      method: "notifications/claude/channel",
      params: { content: "hello", meta: always }
    })
  })

  test.each<[string, Partial<Message>, Record<string, string>]>([
    ["the message that it answers", { options: { replyTo: 7 } }, { reply_to: "7" }],
    [
      "that somebody at the command line wrote it",
      { fromKind: "command line" },
      { from_kind: "command line" }
    ],
    ["that nothing shows who wrote it", { proof: "none" }, { from_proof: "none" }],
    ["the same of what a 1.3.1 session wrote", { proof: "1.3.1" }, { from_proof: "none" }],
    [
      "what its sender put on it",
      { metadata: { priority: "urgent", message_type: "task", thread_id: "t" } },
      { priority: "urgent", message_type: "task", thread_id: "t" }
    ]
  ])("says %s", (_, more, said) => {
    expect(metaOf(more)).toEqual({ ...always, ...said })
  })

  test("holds no line end in an attribute, whatever names and threads hold", () => {
    expect(metaOf({ from: "a\nb", to: "c\r\nd", metadata: { thread_id: "e\nf" } })).toEqual({
      ...always,
      from_session: "a b",
      to_session: "c  d",
      thread_id: "e f"
    })
  })

  test("says nothing of its sender's making in place of what routes it", () => {
    const forged = { from_session: "mallory", message_id: "1", sent_at: "never", to_session: "eve" }
    expect(metaOf({ metadata: forged as never })).toEqual(always)
  })
})

describe("the channel", () => {
  test("offers to relay permissions only where that is wanted", () => {
    expect(channel.capabilities(false)).toEqual({ "claude/channel": {} })
    expect(channel.capabilities(true)).toEqual({ "claude/channel": {}, "claude/channel/permission": {} })
  })

  test("passes an answer on under the request's letters", () => {
    expect(channel.verdict("abcde" as never, "deny")).toEqual({
      method: "notifications/claude/channel/permission",
      params: { request_id: "abcde", behavior: "deny" }
    })
  })
})
