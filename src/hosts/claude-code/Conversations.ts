/**
 * The ids of conversations that Claude Code's own files name: of those that run (`sessions/PID.json`), and of all that it has kept
 * (`projects/FOLDER/ID.jsonl`). Neither is documented, so nothing is taken from them but what looks like an id: who uses one compares
 * its hash with the one on the bus, which tells whether it is the right one.
 */
import { readdirSync } from "node:fs"
import { beginningOf } from "../../platform/BoundedFile.ts"

const id = /\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/g

/** A file of a running session has 700 bytes. */
const mostBytes = 16_384

/** More files than this are not looked at. */
const mostFiles = 20_000

const namesIn = (folder: string): ReadonlyArray<string> => {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}

const running = (folder: string): ReadonlyArray<string> =>
  namesIn(`${folder}/sessions`)
    .filter((name) => /^\d+\.json$/.test(name))
    .slice(0, mostFiles)
    .flatMap((name) => beginningOf(`${folder}/sessions/${name}`, mostBytes)?.match(id) ?? [])

const kept = (folder: string): ReadonlyArray<string> =>
  namesIn(`${folder}/projects`)
    .flatMap((project) => namesIn(`${folder}/projects/${project}`))
    .filter((name) => name.endsWith(".jsonl"))
    .slice(0, mostFiles)
    .flatMap((name) => name.match(id) ?? [])

/** The ids in the files of this folder of Claude Code's. */
export const conversationsIn = (folder: string): ReadonlyArray<string> => [
  ...new Set([...running(folder), ...kept(folder)])
]
