/**
 * Checks that messages reach real sessions of Claude Code: at a pinned version, started with no flag, against a
 * stand-in for the model's API, and without network where this machine can do that. Prints one line a check.
 */
import { join } from "node:path"
import { Checks, expect } from "./support/Checks.ts"
import { installClient, makeScratchUser, type ScratchUser, said } from "./support/ClaudeClient.ts"
import {
  type ClientSession,
  type InteractiveSession,
  setUp,
  startInteractive,
  startPrint,
  work
} from "./support/ClientSession.ts"
import { isOffline, runOffline } from "./support/Offline.ts"
import { type Sender, startSender } from "./support/Sender.ts"

const root = join(import.meta.dir, "..")
const checks = new Checks()

const folders = ["open", "print", "closed", "unnamed"]

/** A session is asked to work, gets a message meanwhile, and its next request holds it. */
const reachedAtWork = async (sender: Sender, session: ClientSession, to: string, text: string) => {
  await session.isAtWork()
  const before = session.model.requests.length
  const id = await sender.dm(to, text)
  session.finishWork()
  const request = await session.asks(`with "${text}"`, ({ news }) => news.includes(text), before)
  expect(request.afterTool, "it came in a request of its own, not in the running turn")
  expect(session.model.requests.indexOf(request) === before, "it came in a later request")
  await sender.becomes(id, "seen")
}

/** An idle session gets a message, and starts a turn by itself. */
const reachedIdle = async (sender: Sender, session: ClientSession, to: string, text: string) => {
  const before = session.model.requests.length
  const id = await sender.dm(to, text)
  await session.asks(`with "${text}"`, ({ news }) => news.includes(text), before)
  await sender.becomes(id, "seen")
}

const checkSessions = async (program: string, user: ScratchUser, sender: Sender) => {
  const open = (folder: string, name?: string) =>
    startInteractive({
      program,
      user,
      folder,
      env: name === undefined ? {} : { CC_DM_SESSION_NAME: name, CC_DM_SESSION_ROLE: "worker" }
    })
  const withSession = async <Session extends { readonly close: () => Promise<void> }>(
    what: string,
    start: () => Session | Promise<Session>,
    use: (session: Session) => Promise<void>
  ) => {
    const session = await checks.check(what, start)
    if (session === undefined) return
    try {
      await use(session)
    } finally {
      await session.close()
    }
  }
  const joins = (session: InteractiveSession) =>
    sender.sees(`in ${session.folder}`, ({ cwd }) => cwd === session.folder)

  await withSession(
    "a session starts with no flag",
    () => open("open", "open"),
    async (session) => {
      await checks.check("its server is on the bus", () => sender.sees("open", ({ name }) => name === "open"))
      await checks.check("an idle session is reached", () =>
        reachedIdle(sender, session, "open", "Message one")
      )
      await checks.check("it works when it is told to", async () => {
        await session.terminal.type(work)
        await session.isAtWork()
      })
      await checks.check("at work, its next request is reached", () =>
        reachedAtWork(sender, session, "open", "Message two")
      )
      session.finishWork()
      await checks.check("after /clear, its hooks tell the model who it is", async () => {
        await session.asks("after the work", ({ news }) => news.includes("The work is done."))
        await session.terminal.type("/clear")
        await session.terminal.type("Hello.")
        const { conversation } = await session.asks("after /clear", ({ news }) => news.includes("Hello."))
        expect(!conversation.includes("The work is done."), "the conversation goes on")
        expect(
          conversation.includes('This session is "open"'),
          `the model was told: ${conversation.slice(-2_000)}`
        )
      })
      await checks.check("after /clear, it is reached when it is idle", () =>
        reachedIdle(sender, session, "open", "Message three")
      )
    }
  )

  await withSession(
    "`claude -p` starts with no flag",
    () =>
      startPrint(
        {
          program,
          user,
          folder: "print",
          env: { CC_DM_SESSION_NAME: "print", CC_DM_SESSION_ROLE: "worker" }
        },
        work
      ),
    async (session) => {
      await checks.check("it works when it is told to", async () => {
        await session.isAtWork()
        await sender.sees("print", ({ name }) => name === "print")
      })
      await checks.check("at work, the next request of `claude -p` is reached", () =>
        reachedAtWork(sender, session, "print", "Message four")
      )
      session.finishWork()
      await checks.check("it ends by itself", () => session.ended())
      checks.skip("`claude -p` is reached when it is idle", "it ends when its work is done")
    }
  )

  await withSession(
    "an unnamed session starts",
    () => open("unnamed"),
    async (session) => {
      await checks.check("an unnamed session is shown nothing by itself", async () => {
        const { name } = await joins(session)
        const text = "Message five"
        const id = await sender.dm(name, text)
        await session.terminal.type(work)
        await session.isAtWork()
        session.finishWork()
        await session.asks("after the work", ({ afterTool }) => afterTool)
        // Whatever the end of that turn brings stands before this.
        await session.terminal.type("Hello.")
        const { conversation } = await session.asks("with the prompt", ({ news }) => news.includes("Hello."))
        expect(!conversation.includes(text), "it was shown to the model")
        const { state } = await sender.sent(id)
        expect(state === "queued", `the message is said to be ${state}`)
      })
    }
  )

  setUp(user, folders, { crossSessionInbound: "refuse" })
  await withSession(
    "a session starts that refuses messages of other sessions",
    () => open("closed", "closed"),
    async (session) => {
      await checks.check("it is not woken, and the sender is told", async () => {
        await joins(session)
        const id = await sender.dm("closed", "Message six")
        await sender.isTold("closed")
        expect(session.model.requests.length === 0, "a turn was started")
        const { state } = await sender.sent(id)
        expect(state === "queued", `the message is said to be ${state}`)
      })
    }
  )
}

const checkClient = async (program: string) => {
  // Whatever is left waiting: it ends.
  setTimeout(() => {
    console.log("FAILED  it took too long")
    process.exit(1)
  }, 150_000).unref()
  const user = await makeScratchUser(program)
  let sender: Sender | undefined
  try {
    setUp(user, folders)
    const installed = await checks.check("the plugin is installed", async () => {
      for (const args of [
        ["plugin", "marketplace", "add", root],
        ["plugin", "install", "cc-dm@cc-dm-marketplace"]
      ]) {
        const outcome = await user.claude(...args)
        expect(outcome.code === 0, said(outcome))
      }
      return true
    })
    sender = await checks.check("a second session is on the bus", () =>
      startSender({ home: user.home, name: "planner", env: { PATH: user.env["PATH"] ?? "" } })
    )
    if (installed && sender !== undefined) await checkSessions(program, user, sender)
  } finally {
    await sender?.stop()
    user.remove()
  }
}

// Whoever started this process without network has looked for the client.
const program = isOffline ? await installClient() : await checks.check("the client is there", installClient)
const code = program === undefined || isOffline ? undefined : await runOffline(import.meta.path)
if (code !== undefined) process.exitCode = code
else {
  if (program !== undefined) {
    if (!isOffline) checks.skip("no network is needed", "`unshare --net` with a loopback does not work here")
    await checkClient(program)
  }
  checks.summary("the client")
}
