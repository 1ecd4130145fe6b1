/**
 * The same as Wake.ts with the real client, at the version that scripts/check-client.ts pins: until its request for the
 * model arrives, at a stand-in for the model's API.
 */
import { join } from "node:path"
import { Effect } from "effect"
import { installClient, makeScratchUser, type ScratchUser, said } from "../../scripts/support/ClaudeClient.ts"
import { type InteractiveSession, setUp, startInteractive } from "../../scripts/support/ClientSession.ts"
import { type SendingSession, startSendingSession } from "../../scripts/support/SendingSession.ts"
import type { Sizes } from "../Options.ts"
import type { Outcome, Row } from "../Outcome.ts"
import { words } from "../Session.ts"
import { ours, type Subject } from "../Subject.ts"
import { doorbellSpacing } from "./Wake.ts"

const root = join(import.meta.dir, "../..")
const name = "sleeper"

const install = async (user: ScratchUser) => {
  setUp(user, [name])
  for (const args of [
    ["plugin", "marketplace", "add", root],
    ["plugin", "install", "cc-dm@cc-dm-marketplace"]
  ]) {
    const outcome = await user.claude(...args)
    if (outcome.code !== 0) throw new Error(`the client does not take the plugin: ${said(outcome)}`)
  }
}

const wakeSome = async (
  session: InteractiveSession,
  sender: SendingSession,
  count: number
): Promise<Outcome> => {
  await sender.sees(name, (listed) => listed.name === name)
  const samples: Array<number> = []
  for (let index = 0; index < count; index++) {
    // A turn has its end, and its request is the only one: nothing else makes this session ask.
    await Bun.sleep(doorbellSpacing + 300 + Math.random() * 500)
    const before = session.model.requests.length
    const sentAt = performance.now()
    await sender.dm(name, words(index))
    const { at } = await session.asks(
      `with #${index}`,
      ({ news }) => news.includes(words(index).slice(0, 40)),
      before
    )
    samples.push(at - sentAt)
  }
  return { samples }
}

const measure = async (count: number): Promise<Outcome> => {
  const program = await installClient()
  const user = await makeScratchUser(program)
  let sender: SendingSession | undefined
  let session: InteractiveSession | undefined
  try {
    await install(user)
    sender = await startSendingSession({
      home: user.home,
      name: "sender",
      env: { PATH: user.env["PATH"] ?? "" }
    })
    session = await startInteractive({
      program,
      user,
      folder: name,
      env: { CC_DM_SESSION_NAME: name, CC_DM_SESSION_ROLE: "worker" }
    })
    return await wakeSome(session, sender, count)
  } finally {
    await session?.close()
    await sender?.stop()
    user.remove()
  }
}

export const wakingClient = Effect.fnUntraced(function* (_: ReadonlyArray<Subject>, sizes: Sizes) {
  const row: Row = {
    what: `a message wakes an idle session of the real client (${sizes.clientWakes})`,
    unit: "ms",
    aim: { median: 200 },
    outcomes: { [ours.name]: yield* Effect.promise(() => measure(sizes.clientWakes)) }
  }
  return [row]
})
