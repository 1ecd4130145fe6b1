/** Folders that are the user's alone. */
import { lstatSync } from "node:fs"
import { userId } from "./System.ts"

/** Whether a folder is there, and the user's alone. */
export const isPrivateFolder = (path: string): boolean => {
  try {
    const found = lstatSync(path)
    return found.isDirectory() && found.uid === (userId ?? found.uid) && (found.mode & 0o077) === 0
  } catch {
    return false
  }
}
