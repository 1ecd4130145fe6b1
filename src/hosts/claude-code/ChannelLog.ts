/**
 * Claude Code's log of an MCP server, for one sentence: that it skips the server's channel events. Nothing else tells. The
 * log is not documented, and may be anybody's words: only lines of this conversation count, and a bounded part of it.
 */
import { readdirSync, realpathSync } from "node:fs"
import { Predicate } from "effect"
import { beginningOf } from "../../platform/BoundedFile.ts"

export interface ChannelLog {
  /** The folder in which the client keeps its logs. */
  readonly cache: string
  /** Where the client was started. */
  readonly folders: ReadonlyArray<string>
  /** The server, as the client calls it. */
  readonly server: string
  /** The conversations that it may stand under. */
  readonly conversations: ReadonlyArray<string>
  /** What was written before belongs to a server before this one; in milliseconds. */
  readonly since: number
}

/** The word stands within the first seconds, in the first lines. */
const mostBytes = 65_536
const mostFiles = 20
/** The client names a file when it begins to start the server, which may take a while. */
const startTime = 120_000

const longest = 200
const nameOf = (text: string) => text.replace(/[^a-zA-Z0-9]/g, "-")

/** As the client names a folder; a long name is cut, and ends in something else. */
const foldersFor = ({ cache, folders, server }: ChannelLog): ReadonlyArray<string> => {
  const names = [...new Set(folders.flatMap((folder) => [folder, realPath(folder)]))].map(nameOf)
  const cut = names.filter((name) => name.length > longest).map((name) => name.slice(0, longest))
  const found = cut.length === 0 ? [] : list(cache).filter((name) => cut.some((one) => name.startsWith(one)))
  return [...names, ...found].map((name) => `${cache}/${name}/mcp-logs-${nameOf(server)}`)
}

const realPath = (path: string): string => {
  try {
    return realpathSync(path)
  } catch {
    return path
  }
}

const list = (folder: string): ReadonlyArray<string> => {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}

const isOurs = (line: string, { conversations, since }: ChannelLog): boolean => {
  try {
    const fields: unknown = JSON.parse(line)
    return (
      Predicate.hasProperty(fields, "debug") &&
      Predicate.hasProperty(fields, "sessionId") &&
      Predicate.hasProperty(fields, "timestamp") &&
      typeof fields.debug === "string" &&
      fields.debug.startsWith("Channel notifications skipped") &&
      conversations.includes(String(fields.sessionId)) &&
      Date.parse(String(fields.timestamp)) >= since
    )
  } catch {
    return false
  }
}

/** Whether the client has said that it drops this server's channel events. */
export const saysDropped = (log: ChannelLog): boolean => {
  const oldest = new Date(Math.max(0, log.since - startTime)).toISOString().replace(/[:.]/g, "-")
  return foldersFor(log).some((folder) =>
    list(folder)
      .filter((name) => name.endsWith(".jsonl") && name >= oldest)
      .sort()
      .slice(-mostFiles)
      .some((name) =>
        (beginningOf(`${folder}/${name}`, mostBytes) ?? "").split("\n").some((line) => isOurs(line, log))
      )
  )
}
