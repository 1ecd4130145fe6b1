/**
 * Whether a turn may be running when this server starts: Qwen Code can be typed into before its servers are ready, and then no hook
 * tells of that turn. Each prompt is written into the conversation's file, which nothing else touches at the start (seen in 0.24.4).
 */
import { statSync } from "node:fs"
import { Predicate } from "effect"
import { jsonOf } from "../../platform/BoundedFile.ts"

/** A file system may tell times a little too early, in milliseconds. */
const coarse = 1_000

/** The file has 500 bytes. */
const mostBytes = 16_384

/** When a session was started, in milliseconds, as it says itself in a documented file; `undefined`: it does not say. */
const startOf = (folder: string, agent: number): number | undefined => {
  const fields = jsonOf(`${folder}/sessions/${agent}.json`, mostBytes)
  return Predicate.hasProperty(fields, "startedAt") && typeof fields.startedAt === "number"
    ? fields.startedAt
    : undefined
}

/** When a file was changed last, in milliseconds; `undefined`: it is not there. */
const changeOf = (path: string): number | undefined => {
  try {
    return statSync(path, { throwIfNoEntry: false })?.mtimeMs
  } catch {
    return Number.POSITIVE_INFINITY
  }
}

/**
 * Whether it is certain that a session has had no prompt since its process was started.
 *
 * @param folder Qwen Code's own folder
 * @param project the folder of the project's conversations
 * @param agent the process of the session
 */
export const hasBegunNothing = (
  folder: string,
  project: string,
  agent: number,
  conversation: string
): boolean => {
  const start = startOf(folder, agent)
  if (start === undefined) return false
  const change = changeOf(`${project}/chats/${conversation}.jsonl`)
  return change === undefined || change < start - coarse
}
