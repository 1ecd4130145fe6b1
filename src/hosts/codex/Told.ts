/** What the control socket tells of the session, in the form in which hooks are heard. */
import type { Heard, HostEvent } from "../Host.ts"

/** Nothing that comes over MCP is one of these. */
export class Told {
  readonly heard: Heard
  constructor(thread: string, event: HostEvent) {
    this.heard = { event, hook: "", conversation: thread, turn: "", showsLine: false }
  }
}
