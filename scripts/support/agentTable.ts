/** The table of what real agents have shown, in Markdown. */

import { agentCalled, nameOfAgent } from "../../src/domain/Agent.ts"
import type { Agent } from "../../testkit/agents/Agent.ts"
import type { AgentResult } from "./agentCheck.ts"
import type { Shown } from "./agentSteps.ts"

const failed = "failed"

const took = (shown: Shown | undefined, how: string): string =>
  shown === undefined ? failed : `${how}, ${Math.round(shown.ms)} ms`

const row = (agent: Agent, { end, esc, idle, resumed, work }: AgentResult): ReadonlyArray<string> => {
  const receipts = [idle, work, end, esc, resumed].flatMap((shown) => shown?.states ?? [])
  const states = ["queued", "accepted", "handed over", "seen"].filter((state) => receipts.includes(state))
  return [
    nameOfAgent(agentCalled(agent.name) ?? "other"),
    agent.version,
    took(idle, agent.background === undefined ? "woken" : "woken by `cc-dm wait`"),
    work === undefined ? failed : "in the next request",
    took(end, "goes on"),
    // The time until Esc was pressed is in it, and is nobody's.
    esc === undefined ? failed : agent.sleepsAfterEsc ? "with the next prompt" : "woken",
    took(resumed, "woken"),
    states.join(", ")
  ]
}

const line = (cells: ReadonlyArray<string>): string => `| ${cells.join(" | ")} |`

const head = [
  "agent",
  "version",
  "idle",
  "at work",
  "end of a turn",
  "after Esc",
  "after a resume",
  "receipts seen"
]

/** Times are from the moment when a message was sent to the request of the model that held it. */
export const agentTable = (results: ReadonlyArray<readonly [Agent, AgentResult]>): string =>
  [
    line(head),
    line(head.map(() => "---")),
    ...results.map(([agent, result]) => line(row(agent, result)))
  ].join("\n")
