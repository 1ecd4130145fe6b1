/** opencode, and Kilo, which is made of it: one plugin file, which adds the server by itself. Seen with 1.18.33 and 7.7.9. */
import type { Agent, Site } from "../Plan.ts"
import { forwarding } from "./common.ts"

const file = "opencode.js"

const agent = (name: string, title: string): Agent => ({
  name,
  title,
  grants: [],
  loads: [file],
  plan: (site) => [
    { kind: "whole", path: `${folderOf(site, name)}/plugin/cc-dm.js`, text: forwarding(site, "*", file) }
  ],
  next: () => [`Restart ${title}. It takes part in the bus from its first prompt on.`]
})

const folderOf = ({ folder, home, project }: Site, name: string) =>
  project === undefined ? `${folder("XDG_CONFIG_HOME", `${home}/.config`)}/${name}` : `${project}/.${name}`

export const opencode = agent("opencode", "opencode")
export const kilo = agent("kilo", "Kilo")
