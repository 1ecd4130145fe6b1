/**
 * Which process of Codex has started this server, and where it listens. Seen in version 0.171.0: a plain `codex` starts a background
 * service (`codex app-server --listen unix://`) that runs the sessions of all terminals and their servers; with `--no-daemon`, `-p` or
 * `-c` the terminal's own process does that, and there is no socket.
 */
import { realpathSync } from "node:fs"
import { basename } from "node:path"
import type { Ancestor } from "../../platform/Ancestors.ts"

export interface CodexPlace {
  /** Codex's own folder. */
  readonly folder: string
  /** The program that runs the session; `undefined`: it is not known. */
  readonly program: string | undefined
  /** The control socket; `undefined`: the process listens nowhere. */
  readonly socket: string | undefined
}

const isItsName = (path: string) => /^codex(\.exe|\.js)?$/.test(basename(path))

/** Whether a process is Codex: its program, or what a Node was started with. */
export const isCodex = ({ args, name, program }: Pick<Ancestor, "args" | "name" | "program">): boolean =>
  [name, program, args[0] ?? ""].some(isItsName) ||
  (/^node(\.exe)?$/.test(basename(args[0] ?? "")) && isItsName(args[1] ?? ""))

const scheme = "unix://"

/** Where a process of Codex was told to listen. */
const listensAt = (args: ReadonlyArray<string>): string | undefined => {
  if (!args.includes("app-server")) return undefined
  const flag = args.findIndex((arg) => arg === "--listen" || arg.startsWith("--listen="))
  const said = args[flag]?.split("=")[1] ?? args[flag + 1]
  return flag >= 0 && said?.startsWith(scheme) ? said.slice(scheme.length) : undefined
}

/** The socket of the background service is a link to a shorter path, which a long home folder needs. */
const realPath = (path: string): string => {
  try {
    return realpathSync(path)
  } catch {
    return path
  }
}

/**
 * @param home the user's home folder
 * @param above the processes above this server, nearest first
 */
export const placeOf = (home: string, above: ReadonlyArray<Ancestor>): CodexPlace => {
  const agent = above[0]
  const own = agent?.variable("CODEX_HOME") ?? ""
  const folder = own === "" ? `${home}/.codex` : own
  if (agent === undefined || !isCodex(agent)) return { folder, program: undefined, socket: undefined }
  const path = listensAt(agent.args)
  return {
    folder,
    program: agent.program === "" ? undefined : agent.program,
    socket:
      path === undefined
        ? undefined
        : realPath(path === "" ? `${folder}/app-server-control/app-server-control.sock` : path)
  }
}

/** How many of the nearest processes are those of one Codex: its terminal starts the background service, which starts this server. */
export const ownOfCodex = (above: ReadonlyArray<Ancestor>): number => {
  const other = above.findIndex((ancestor) => !isCodex(ancestor))
  return other < 0 ? above.length : other
}
