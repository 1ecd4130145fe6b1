/** What a plugin tells of the one session that its server serves, and what it puts into it. */
import { randomBytes } from "node:crypto"
import { hookSocketWith } from "../hosts/HookPlaces.ts"
import type { HostEvent } from "../hosts/Host.ts"
import { type HookClient, openHookClient } from "./HookClient.ts"
import { home } from "./Plugin.ts"
import { followRequests, type Requests } from "./Requests.ts"

export interface SessionHooks {
  /** What the server is given, so that it is found among others of the process. */
  readonly key: string
  /** The conversation that hooks tell of; empty: none yet. */
  conversation: string
  readonly requests: Requests
  /** Tells what happens, where nothing can be shown. */
  readonly tell: (event: HostEvent) => void
  /**
   * Tells what happens, and gives what is to be shown with it; `undefined`: nothing.
   *
   * @param notify shows the user a line
   */
  readonly show: (event: HostEvent, notify: (line: string) => void) => Promise<string | undefined>
  readonly subscribe: HookClient["subscribe"]
  readonly close: () => void
}

export const openSessionHooks = (): SessionHooks => {
  const key = randomBytes(6).toString("base64url")
  // A new server has shown nothing yet. This tells it whose hooks call, and of which conversation.
  const greeting = () => ({
    event: { _tag: "Forgot", cleared: false } as const,
    conversation: hooks.conversation
  })
  const client = openHookClient(() => hookSocketWith(home(), process.pid, key), greeting)
  // The agent does not wait for it.
  const tell = (event: HostEvent): void => {
    void client.tell({ event, conversation: hooks.conversation }).then((isHeard) => {
      if (!isHeard) hooks.requests.doubt()
    })
  }
  const hooks: SessionHooks = {
    key,
    conversation: "",
    requests: followRequests(tell),
    tell,
    show: async (event, notify) => {
      const answer = await client.ask({ event, conversation: hooks.conversation })
      if (answer === undefined) hooks.requests.doubt()
      const { call, context, notice } = answer ?? {}
      if (notice !== undefined) notify(notice)
      if (context === undefined || call === undefined) return undefined
      hooks.requests.shown(call, context)
      return context
    },
    subscribe: client.subscribe,
    close: client.close
  }
  return hooks
}
