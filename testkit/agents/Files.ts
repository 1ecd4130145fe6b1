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

/** This machine, as packages of npm name it. */
export const platform = `${process.platform}-${process.arch}`
