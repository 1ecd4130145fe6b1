/** pi has no MCP: an extension runs the server, and registers its tools. Seen with 0.73.1. */
import type { Agent, Site } from "../Plan.ts"
import { forwarding } from "./common.ts"

const file = "pi.js"

const folderOf = ({ folder, home, project }: Site) =>
  project === undefined ? folder("PI_CODING_AGENT_DIR", `${home}/.pi/agent`) : `${project}/.pi`

export const pi: Agent = {
  name: "pi",
  title: "pi",
  grants: [],
  loads: [file],
  plan: (site) => [
    {
      kind: "whole",
      path: `${folderOf(site)}/extensions/cc-dm.ts`,
      text: forwarding(site, "{ default }", file)
    }
  ],
  next: () => ["Restart pi, or type /reload in it."]
}
