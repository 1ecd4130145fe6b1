/** Codex CLI behind the port. Its control socket carries messages and tells of turns; its hooks, if they are trusted, tell more. */
import { Effect, Layer, Option } from "effect"
import { ancestors } from "../../platform/Ancestors.ts"
import { HomeFolder } from "../../platform/Platform.ts"
import { Host } from "../Host.ts"
import { installedHost } from "../Installed.ts"
import { answer, HookInput, hear, readHook, threadOf, toolUse } from "./Hooks.ts"
import { makeLink } from "./Link.ts"
import { placeOf } from "./Place.ts"
import { Told } from "./Told.ts"

const make = Effect.gen(function* () {
  const home = yield* HomeFolder
  const link = yield* makeLink(placeOf(home, ancestors()))

  /** Hooks of subagents, which are threads of their own, may call the server of the main thread. */
  const hearHook = (input: unknown, meta: unknown) => {
    const hook = Option.getOrUndefined(readHook(input))
    if (hook === undefined) return undefined
    if (hook.nonce !== "") {
      if (link.isOwn(hook.nonce)) link.know(hook.session_id)
      return undefined
    }
    const caller = threadOf(meta) ?? hook.session_id
    link.know(caller)
    return hear(hook, caller === link.thread())
  }

  return Host.of(
    installedHost(
      "codex",
      home,
      {},
      {
        hookInput: HookInput,
        toolUse,
        hear: (input, meta) => (input instanceof Told ? input.heard : hearHook(input, meta)),
        answer,
        wakeUp: link.wakeUp,
        // Nothing is carried before the thread is known.
        carry: { when: undefined, put: link.put },
        status: link.status,
        listen: link.listen
      }
    )
  )
})

/** The session of Codex that started this server. */
export const Codex: Layer.Layer<Host> = Layer.effect(Host, make)
