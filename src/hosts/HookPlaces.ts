/**
 * Where the sockets stand on which servers hear hooks: one for each server, named after the process of its agent, in a folder that is
 * the user's alone. A hook runs below its agent, and so finds the server of its own session.
 */
import { chmodSync, lstatSync, mkdirSync, readdirSync } from "node:fs"
import { isPrivateFolder } from "../platform/PrivateFolder.ts"
import { isThere } from "../platform/ServerProcess.ts"
import { runtimeFoldersFor, userId } from "../platform/System.ts"

/** The folders that may hold them, for a home folder: the later ones for what the first can't hold. */
export const hookFolders = (home: string): ReadonlyArray<string> => [
  `${home}/.cc-dm/hook`,
  ...runtimeFoldersFor("cc-dm-hook", home)
]

/**
 * Where a server listens.
 *
 * @param key what tells it from other servers of the same process, for whoever started it; empty: nobody asks
 */
export const hookSocketIn = (folder: string, agent: number, server: number, key: string): string =>
  `${folder}/${agent}-${server}${key === "" ? "" : `-${key}`}.sock`

/** The variable that gives a server its key. */
export const keyVariable = "CC_DM_HOOK_KEY"

/** A key is part of a file's name; what can't be one is none. */
export const hookKeyOf = (text: string): string => (/^[\w-]{1,16}$/.test(text) ? text : "")

/** Makes sure that a folder is there, and the user's alone. `false`: it can't be had. */
export const secureHookFolder = (path: string): boolean => {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 })
    // A link, or a folder of somebody else's, is not changed.
    const found = lstatSync(path)
    const isOurs = found.isDirectory() && found.uid === (userId ?? found.uid)
    if (isOurs && (found.mode & 0o077) !== 0) chmodSync(path, 0o700)
    return isPrivateFolder(path)
  } catch {
    return false
  }
}

/** The longest path that a socket can have everywhere, in bytes. */
const longestPath = 100

/** A path for another socket of the user's alone; `undefined`: no folder for it can be had. */
export const privateSocket = (home: string, name: string): string | undefined =>
  hookFolders(home)
    .map((folder) => ({ folder, path: `${folder}/${name}.sock` }))
    .find(({ folder, path }) => Buffer.byteLength(path) <= longestPath && secureHookFolder(folder))?.path

const filesIn = (folder: string): ReadonlyArray<string> => {
  try {
    return isPrivateFolder(folder) ? readdirSync(folder) : []
  } catch {
    return []
  }
}

/** A socket, and the processes that it is named after. */
export interface HookSocketFile {
  readonly path: string
  readonly agent: number
  readonly server: number
  /** Empty if the server was given none. */
  readonly key: string
}

/** All sockets of a home folder. */
export const hookSocketsIn = (home: string): ReadonlyArray<HookSocketFile> =>
  hookFolders(home).flatMap((folder) =>
    filesIn(folder).flatMap((name) => {
      const [, agent, server, key = ""] = /^(\d+)-(\d+)(?:-([\w-]+))?\.sock$/.exec(name) ?? []
      return agent === undefined
        ? []
        : [{ path: `${folder}/${name}`, agent: Number(agent), server: Number(server), key }]
    })
  )

/** The socket of the server that this process has started with this key. Where one was killed, its socket may stay. */
export const hookSocketWith = (home: string, agent: number, key: string): string | undefined =>
  hookSocketsIn(home).find((socket) => socket.agent === agent && socket.key === key && isThere(socket.server))
    ?.path

/** The sockets of the servers that one of these processes has started: those of the first one that has any. */
export const hookSocketsOf = (home: string, processes: ReadonlyArray<number>): ReadonlyArray<string> => {
  const all = hookSocketsIn(home)
  const nearest = processes.find((id) => all.some(({ agent }) => agent === id))
  return all.flatMap(({ agent, path }) => (agent === nearest ? [path] : []))
}
