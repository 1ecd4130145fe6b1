/** What the operating system tells without Effect, for programs that must start fast. */
import { createHash, randomBytes } from "node:crypto"
import { hostname } from "node:os"

/** A random text that nothing else has. */
export const randomToken = (): string => randomBytes(12).toString("base64url")

/** The SHA-256 of a text, in hexadecimal digits. */
export const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex")

/** The same as a page names it in its Content-Security-Policy. */
export const sha256InBase64 = (text: string): string => createHash("sha256").update(text).digest("base64")

/** The user's id, if the platform has one. */
export const userId: number | undefined = process.getuid?.()

/** Folders that do not outlive the machine, for what the home folder can't hold; the first is the user's alone. */
const runtimeFolders: ReadonlyArray<string> = [
  ...[process.env["XDG_RUNTIME_DIR"] ?? "", `/run/user/${userId}`].filter((path) => path.startsWith("/")),
  "/tmp"
]

/**
 * A folder of the user's in each of them, for what stands elsewhere and can't be held there.
 *
 * @param what the beginning of its name
 * @param of what it is for: another one has other folders
 */
export const runtimeFoldersFor = (what: string, of: string): ReadonlyArray<string> => [
  ...new Set(
    runtimeFolders.map((folder) => `${folder}/${what}-${userId ?? "user"}-${sha256(of).slice(0, 16)}`)
  )
]

/** What this machine is called, for people. */
export const hostName: string = hostname()
