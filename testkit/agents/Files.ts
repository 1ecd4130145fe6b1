/** The files that agents are configured with. */
import { mkdirSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import type { Place } from "./Agent.ts"

/** Writes a file of the home folder. */
export const writeHome = ({ home }: Place, path: string, text: string): void => {
  const file = join(home, path)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, text)
}

export const writeHomeJson = (place: Place, path: string, value: object): void =>
  writeHome(place, path, JSON.stringify(value, null, 2))

/** The variables of cc-dm that an agent hands on to its servers only if they are named. */
export const sessionVariables = ["CC_DM_SESSION_NAME", "CC_DM_SESSION_ROLE", "CC_DM_SESSION_PROJECT"] as const

/** This machine, as packages of npm name it. */
export const platform = `${process.platform}-${process.arch}`

/** The server, as an agent starts it. */
export const serverOf = ({ server }: Place, agent: string) => ({
  command: server[0],
  args: [...server.slice(1), "--agent", agent]
})

/** The command of a hook. */
export const hookOf = ({ server }: Place, agent: string, event: string): string =>
  [...server.slice(0, -1), "hook", agent, event].map((word) => `'${word}'`).join(" ")
