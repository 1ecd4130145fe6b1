/** Commands that run within a session of Claude Code: they are no person, and say so. And one person is one sender. */
import { describe, expect } from "bun:test"
import { Effect } from "effect"
import { Proofs } from "../../src/bus/Proofs.ts"
import { Registry } from "../../src/bus/roster/Registry.ts"
import { InboxJson, MessageJson } from "../../src/cli/Json.ts"
import { SessionId } from "../../src/domain/Name.ts"
import { sha256 } from "../../src/platform/System.ts"
import { named, startReady } from "../../testkit/host/ClaudeCode.ts"
import { quiet, storage, temporaryFolder, toName, toTag } from "../support/bus.ts"
import { it } from "../support/it.ts"
import { outsider } from "../support/outsider.ts"
import { readAs, readLinesAs, runIn } from "./run.ts"

/** What Claude Code 2.1.332 gives a model's shell, as far as it matters here. */
const inside = { env: { CLAUDECODE: "1", CLAUDE_CODE_SESSION_ID: "c-1", CLAUDE_CODE_ENTRYPOINT: "cli" } }

const withBackend = Effect.gen(function* () {
  const home = yield* temporaryFolder
  const backend = yield* startReady({
    home,
    env: named("backend"),
    clientArguments: ["--channels", "plugin:cc-dm@x"]
  })
  const run = runIn(home)
  return { backend, home, run }
})

const readInbox = (text: string) => readAs(InboxJson, text)

describe("a command within a session", () => {
  it.live(
    "writes under a name of its own, and the message says where it comes from",
    Effect.gen(function* () {
      const { backend, run } = yield* withBackend
      expect((yield* run(["send", "backend", "hello"], inside)).code).toBe(0)
      const { params } = yield* backend.next
      expect(params.meta).toMatchObject({
        from_session: expect.stringMatching(/^ada-agent-[0-9a-f]{6}$/),
        from_kind: "command line in a session"
      })
      expect(params.meta).not.toHaveProperty("from_proof")
      // Another session's commands have another name.
      const other = { env: { ...inside.env, CLAUDE_CODE_SESSION_ID: "c-2" } }
      yield* run(["send", "backend", "hello again"], other)
      expect((yield* backend.next).params.meta?.["from_session"]).not.toBe(params.meta?.["from_session"])
      yield* run(["send", "backend", "from a person"])
      expect((yield* backend.next).params.meta).toMatchObject({
        from_session: "ada-cli",
        from_kind: "command line"
      })
    })
  )

  it.live(
    "takes no person's mail, neither under the usual name nor under another",
    Effect.gen(function* () {
      const { backend, home, run } = yield* withBackend
      for (const from of [[], ["--from", "ci"]]) yield* run(["send", "backend", `as ${from}`, ...from])
      yield* backend.call("dm", { to: "ada-cli", content: "for ada" })
      yield* backend.call("dm", { to: "ci", content: "for ci" })
      expect(readInbox((yield* run(["inbox", "--json"], inside)).stdout)).toMatchObject({ messages: [] })
      for (const command of [
        ["inbox", "--name", "ada-cli"],
        ["inbox", "--name", "ci"],
        ["listen", "--name", "ci", "--once", "--timeout", "1s"],
        ["send", "backend", "hello", "--from", "ada-cli"],
        ["send", "backend", "hello", "--from", "ci"],
        ["broadcast", "hello", "--from", "ci"]
      ]) {
        const { code, stderr, stdout } = yield* run(command, inside)
        expect(stderr).toContain("is the name of a person, and this runs inside a Claude Code session")
        expect({ code, stdout }).toEqual({ code: 5, stdout: "" })
      }
      // Nor where the key was removed by hand.
      const { run: change } = yield* outsider(home)
      yield* change("DELETE FROM session_keys")
      expect((yield* run(["inbox", "--name", "ci"], inside)).code).toBe(5)
      expect((yield* run(["inbox"])).stdout).toContain("for ada")
      expect((yield* run(["inbox", "--name", "ci"])).stdout).toContain("for ci")
    })
  )

  it.live(
    "may ask and listen under a name that was first used there",
    Effect.gen(function* () {
      const { backend, run } = yield* withBackend
      expect((yield* run(["send", "backend", "How many?", "--from", "script"], inside)).code).toBe(0)
      yield* backend.next
      yield* backend.call("dm", { to: "script", content: "three" })
      const heard = yield* run(["listen", "--name", "script", "--once", "--timeout", "20s", "--json"], inside)
      expect(readLinesAs(MessageJson, heard.stdout)).toMatchObject([{ content: "three", from: "backend" }])
      // A person may use it too, and is one.
      yield* backend.call("dm", { to: "script", content: "four" })
      expect((yield* run(["inbox", "--name", "script"])).stdout).toContain("four")
      yield* run(["send", "backend", "from a person", "--from", "script"])
      expect((yield* backend.next).params.meta).toMatchObject({
        from_session: "script",
        from_kind: "command line"
      })
    })
  )

  it.live(
    "is found by a variable that was left, too",
    Effect.gen(function* () {
      const { run } = yield* withBackend
      for (const variable of [
        "CLAUDECODE",
        "CLAUDE_CODE_SESSION_ID",
        "CLAUDE_CODE_CHILD_SESSION",
        "CLAUDE_CODE_ENTRYPOINT",
        "CLAUDE_PID"
      ])
        expect((yield* run(["inbox", "--name", "ada-cli"], { env: { [variable]: "1" } })).stderr).toContain(
          `its environment says so (${variable})`
        )
    })
  )
})

describe("one person", () => {
  it.live(
    "is one sender, whatever names are given",
    Effect.gen(function* () {
      const { backend, run } = yield* withBackend
      const limited = { env: { CC_DM_RATE_LIMIT: "3/4" } }
      const send = (
        from: string,
        text: string,
        options: { readonly env: Record<string, string> } = limited
      ) => run(["send", "backend", text, "--from", from], options)
      for (const n of [1, 2, 3]) expect((yield* send(`n${n}`, `text ${n}`)).code).toBe(0)
      const refused = yield* send("n4", "text 4")
      expect(refused.stderr).toContain("3 messages went to this receiver within a minute")
      expect(refused.code).toBe(5)
      // Nor does it help to be a command within a session.
      expect((yield* send("n5", "text 5", { env: { ...limited.env, ...inside.env } })).code).toBe(5)
      // The same text is the same, too.
      expect((yield* send("n6", "text 1", { env: {} })).stderr).toContain("the same text")
      for (const n of [1, 2, 3]) expect((yield* backend.next).params.content).toBe(`text ${n}`)
      expect(yield* backend.unread).toEqual([])
    })
  )
})

describe("a name that is reserved", () => {
  const idOf = (name: string) => SessionId.make(`session-${sha256(`command line: ${name}`).slice(0, 12)}`)

  it.live(
    "is nobody's anew, and stays with a person who had it",
    Effect.gen(function* () {
      const { backend, home, run } = yield* withBackend
      for (const name of ["user", "System", "hu-man", "cc_dm", "cc.dm", "ccdm", "υser"]) {
        const { code, stderr } = yield* run(["send", "backend", "hello", "--from", name])
        expect(stderr).toMatch(/^cc-dm: the name must not (be|look like) ".*", which is reserved/)
        expect(code).toBe(2)
      }
      // As the command of 2.0.0 leaves it: a key that is made of the secret and the name.
      yield* Effect.gen(function* () {
        yield* (yield* Proofs).speakAsPerson(idOf("system"), undefined, false)
        const joining = { id: idOf("system"), cwd: "/", doorbell: false, presence: quiet, lease: 60_000 }
        const wish = { name: toName("system"), role: toTag("person"), project: null }
        yield* (yield* Registry).claim({ ...joining, kind: "command line" }, wish)
      }).pipe(Effect.provide(storage(home)), Effect.scoped)
      expect((yield* run(["send", "backend", "still here", "--from", "system"])).code).toBe(0)
      const { params } = yield* backend.next
      expect(params.meta).toMatchObject({ from_session: "system" })
      expect(params.meta).not.toHaveProperty("from_proof")
      expect((yield* backend.call("dm", { to: "system", content: "noted" })).isError).toBe(false)
      expect((yield* run(["inbox", "--name", "system"])).stdout).toContain("noted")
    })
  )
})
