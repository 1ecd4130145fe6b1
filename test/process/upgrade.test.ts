/**
 * Upgrades while everybody is at work: real servers and commands of this version on real files of others, beside servers of
 * 2.0.0 as it was released.
 */
import { Database as Sqlite } from "bun:sqlite"
import { describe, expect } from "bun:test"
import { Effect } from "effect"
import { eventually } from "../../testkit/eventually.ts"
import { idIn, named, nameIn, sessionsIn, start, startReady } from "../../testkit/host/ClaudeCode.ts"
import { runIn } from "../cli/run.ts"
import { temporaryFolder } from "../support/bus.ts"
import { it } from "../support/it.ts"
import { oldReceive, oldSend, oldVersions, putOldFile } from "../support/old.ts"
import { putReleased } from "../support/released.ts"
import { becomes, inboxOf, quietSession, send } from "../support/routes.ts"
import { noFile, onFile } from "../support/underTest.ts"

const describeFile = onFile(noFile, describe)

const opened = (file: string) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const database = new Sqlite(file)
      database.run("PRAGMA busy_timeout = 5000")
      return database
    }),
    (database) => Effect.sync(() => database.close())
  )

/** Makes the two sessions of a file, and what was said there, as fresh as if their servers were at work. */
const freshen = (database: Sqlite) => {
  const now = new Date().toISOString()
  database.run("UPDATE sessions SET last_seen = ?", [now])
  database.run("UPDATE messages SET created_at = ?", [now])
}

describeFile("on a file of an older version whose sessions are at work", () => {
  for (const version of oldVersions)
    it.live(
      `all tools and commands work: ${version}`,
      Effect.gen(function* () {
        const home = yield* temporaryFolder
        const run = runIn(home)
        const database = yield* opened(putOldFile(home, version))
        freshen(database)

        // To look at it needs no session.
        expect((yield* run(["who"])).stdout).toMatch(/^NAME .*\nplanner +worker +- .*\nbackend +worker +- /)
        expect((yield* run(["log"])).stdout.match(/planner -> backend: left in the bus/g)).toHaveLength(2)

        const session = yield* startReady({ home })
        const { json } = yield* session.call("who")
        expect(nameIn(json)).toMatch(/^session-/)
        expect(sessionsIn(json).map(({ name, project, role }) => ({ name, project, role }))).toMatchObject([
          { project: null, role: "worker" },
          { name: "planner", project: null, role: "worker" },
          { name: "backend", project: null, role: "worker" }
        ])
        const taken = yield* session.call("register", { name: "planner", role: "worker" })
        expect(taken.json["error"]).toContain('the name "planner" is held by another session')
        for (const project of [undefined, "shop", ""]) {
          const registered = yield* session.call("register", {
            name: "ours",
            role: "reviewer",
            ...(project === undefined ? {} : { project })
          })
          expect(registered.json).toMatchObject({ success: true, name: "ours", project: project || null })
        }
        expect((yield* session.call("dm", { to: "planner", content: "a dm" })).json).toMatchObject({
          success: true,
          to: "planner",
          state: "queued"
        })
        expect((yield* session.call("broadcast", { content: "to all" })).json).toMatchObject({
          success: true,
          recipientCount: 2
        })
        expect((yield* run(["send", "backend", "from a shell"])).code).toBe(0)
        const [planner, backend] = ["planner", "backend"].map((name) => idIn(json, name)) as [string, string]
        expect(oldReceive(database, planner)).toEqual(["a dm", "to all"])
        expect(oldReceive(database, backend)).toEqual([
          "left in the bus",
          "left in the bus",
          "to all",
          "from a shell"
        ])
        const now = new Date().toISOString()
        oldSend(database, "planner", idIn((yield* session.call("who")).json, "ours"), "an answer", now)
        expect((yield* session.next).params).toMatchObject({
          content: "an answer",
          meta: { from_session: "planner", to_session: "ours" }
        })
        // Models do not see who has only used a command, and can answer all the same.
        const person = idIn(JSON.parse((yield* run(["who", "--json"])).stdout), "ada-cli")
        oldSend(database, "planner", person, "for the shell", now)
        expect((yield* run(["inbox"])).stdout).toContain("for the shell")
        expect((yield* run(["who"])).stdout).toContain("ours")
        expect((yield* run(["log"])).stdout).toContain("planner -> ours: an answer")
        const { findings } = JSON.parse((yield* run(["doctor", "--json"])).stdout) as {
          readonly findings: ReadonlyArray<{
            readonly check: string
            readonly state: string
            readonly message: string
          }>
        }
        const found = (check: string) => findings.filter((finding) => finding.check === check)
        expect(found("bus")).toMatchObject([{ state: "ok" }])
        expect(found("servers")[0]?.message).toContain("Served by version 1: ")
        expect(session.stderr()).not.toContain("bug in cc-dm")
      })
    )
})

describeFile("the permission relay on a file of 1.3.1", () => {
  const request = { request_id: "abcde", tool_name: "Bash", description: "d", input_preview: "i" }
  const ask = "notifications/claude/channel/permission_request"
  const allowed = {
    method: "notifications/claude/channel/permission",
    params: { request_id: "abcde", behavior: "allow" }
  }

  it.live(
    "asks ours, and a session of 1.3.1 where the user trusts those",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const database = yield* opened(putOldFile(home, "1.3.1"))
      freshen(database)
      const env = { CC_DM_PERMISSION_RELAY: "1" }
      const lead = yield* startReady({ home, env: named("lead") })
      const alice = yield* startReady({ home, env: named("alice", env) })
      yield* alice.notify(ask, request)
      expect((yield* lead.next).params.content).toContain("yes abcde")
      expect((yield* lead.call("dm", { to: "alice", content: "yes abcde" })).isError).toBe(false)
      expect(yield* alice.next).toMatchObject(allowed)

      const trusting = yield* startReady({
        home,
        env: named("trusting", { ...env, CC_DM_TRUST_1_3_1: "1", CC_DM_PERMISSION_APPROVER: "planner" })
      })
      const { json } = yield* trusting.call("who")
      yield* trusting.notify(ask, request)
      const [words] = yield* eventually(
        Effect.sync(() => oldReceive(database, idIn(json, "planner"))),
        (all) => all.length > 0
      )
      expect(words).toContain("yes abcde")
      oldSend(database, "planner", idIn(json, "trusting"), "yes abcde", new Date().toISOString())
      expect(yield* trusting.next).toMatchObject(allowed)
    })
  )
})

describeFile("servers of 2.0.0 on a bus that this version brings up to date", () => {
  it.live(
    "go on: both write to each other with receipts and proofs, names are refused, mail is delivered",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const command = putReleased(home)
      const bob = yield* quietSession({ home, command, env: named("bob") })
      const carol = yield* startReady({
        home,
        command,
        env: named("carol", { CC_DM_SESSION_PROJECT: "shop" })
      })
      const before = yield* send(carol, "a letter", { to: "dora", expires_in: 600 })

      const alice = yield* startReady({ home, env: named("alice") })
      expect(sessionsIn((yield* alice.call("who")).json).map(({ name, project }) => [name, project])).toEqual(
        expect.arrayContaining([
          ["bob", null],
          ["carol", "shop"],
          ["alice", null]
        ])
      )
      const clash = yield* startReady({ home, env: named("bob") })
      expect(nameIn((yield* clash.call("who")).json)).toMatch(/^session-/)

      const { id } = yield* send(alice, "hello bob")
      const request = yield* bob.nextRequest
      expect(request.texts.join()).toContain("| hello bob")
      expect(request.texts.join()).not.toContain("nobody known")
      yield* bob.stop
      yield* becomes(alice, id, "seen")
      // Messages that are sent at once share signatures, which a server of 2.0.0 does not know.
      const atOnce = ["one", "two", "three"].map((words) => alice.call("dm", { to: "carol", content: words }))
      yield* Effect.all(atOnce, { concurrency: "unbounded" })
      for (let n = 0; n < atOnce.length; n++)
        expect((yield* carol.next).params).toMatchObject({ meta: { from_session: "alice" } })

      const dan = yield* quietSession({ home, env: named("dan") })
      const back = yield* bob.server.call("dm", { to: "dan", content: "hello dan" })
      expect(back.json).toMatchObject({ success: true })
      expect((yield* dan.nextRequest).texts.join()).toContain('from "bob"')
      yield* dan.stop
      yield* becomes(bob.server, String(back.json["message_id"]), "seen")
      const [letter] = yield* inboxOf(dan.server, { unseen: false })
      expect(letter).toMatchObject({ from: "bob", content: "hello dan" })
      expect(letter).not.toHaveProperty("from_proof")

      // Its sender is in a project, and so is the one who takes the name.
      const dora = yield* startReady({ home, env: named("dora", { CC_DM_SESSION_PROJECT: "shop" }) })
      const { params } = yield* dora.next
      expect(params).toMatchObject({ content: "a letter", meta: { from_session: "carol" } })
      expect(params.meta?.["message_id"]).toBe(before.id)
      expect(params.meta).not.toHaveProperty("from_proof")

      // A session of 2.0.0 still takes another name and project, and leaves the project again.
      for (const project of ["shop", ""])
        expect(
          (yield* bob.server.call("register", { name: "bob-2", role: "worker", project })).json
        ).toMatchObject({
          success: true,
          project: project || null
        })
      expect((yield* alice.call("broadcast", { content: "all" })).json).toMatchObject({ success: true })
    })
  )

  it.live(
    "and start later are told that it is newer; their conversation goes on in this version",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const command = putReleased(home)
      const env = { CLAUDE_CODE_SESSION_ID: "c-1" }
      const first = yield* startReady({ home, command, env })
      yield* first.call("register", { name: "planner", role: "lead" })
      const id = idIn((yield* first.call("who")).json, "planner")
      yield* startReady({ home, env: named("alice") })
      yield* first.kill("SIGKILL")
      yield* first.ended

      const late = yield* start({ home, command, env: named("late") })
      const { result } = yield* late.initialize
      expect(String(result?.["instructions"])).toContain("was written by a newer version of cc-dm")
      const { isError, json } = yield* late.call("who")
      expect(isError).toBe(true)
      expect(json["error"]).toContain("was written by a newer version of cc-dm. Update the plugin")

      const second = yield* startReady({ home, env })
      const who = (yield* second.call("who")).json
      expect(who["_identity"]).toEqual({ name: "planner", role: "lead", project: null })
      expect(idIn(who, "planner")).toBe(id)
    })
  )

  it.live(
    "and a bus that this version made: they say that it is newer, and write nothing",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const alice = yield* startReady({ home, env: named("alice") })
      const late = yield* startReady({ home, command: putReleased(home), env: named("late") })
      expect((yield* late.call("who")).json["error"]).toContain("was written by a newer version of cc-dm")
      yield* eventually(alice.call("who"), ({ json }) => json["count"] === 1)
    })
  )
})
