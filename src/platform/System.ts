/** What the operating system tells without Effect, for programs that must start fast. */
import { existsSync } from "node:fs"
import { crypto as nodeCrypto, os } from "./Late.ts"

/** Random bytes from the operating system. */
export const randomBytes = (length: number): Buffer<ArrayBuffer> =>
  crypto.getRandomValues(Buffer.alloc(length))

/** A random text that nothing else has. */
export const randomToken = (): string => randomBytes(12).toString("base64url")

/** Plugins of agents run in Node, which has no hash without node:crypto. */
const hashOf = (text: string, form: "hex" | "base64"): string =>
  typeof Bun === "undefined"
    ? nodeCrypto().createHash("sha256").update(text).digest(form)
    : new Bun.CryptoHasher("sha256").update(text).digest(form)

/** The SHA-256 of a text, in hexadecimal digits. */
export const sha256 = (text: string): string => hashOf(text, "hex")

/** The same as a page names it in its Content-Security-Policy. */
export const sha256InBase64 = (text: string): string => hashOf(text, "base64")

/** The user's id, if the platform has one. */
export const userId: number | undefined = process.getuid?.()

/** Folders that do not outlive the machine, for what the home folder can't hold; the first is the user's alone. None of them is made. */
const runtimeFolders: ReadonlyArray<string> = [
  ...[process.env["XDG_RUNTIME_DIR"] ?? "", `/run/user/${userId}`].filter(
    (path) => path.startsWith("/") && existsSync(path)
  ),
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
export const hostName = (): string => os().hostname()
