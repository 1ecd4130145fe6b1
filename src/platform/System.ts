/** What the operating system tells without Effect, for programs that must start fast. */
import { createHash, randomBytes } from "node:crypto"
import { hostname } from "node:os"

/** A random text that nothing else has. */
export const randomToken = (): string => randomBytes(12).toString("base64url")

/** The SHA-256 of a text, in hexadecimal digits. */
export const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex")

/** The user's id, if the platform has one. */
export const userId: number | undefined = process.getuid?.()

/** Folders that do not outlive the machine, for what the home folder can't hold; the first is the user's alone. */
export const runtimeFolders: ReadonlyArray<string> = [
  ...[process.env["XDG_RUNTIME_DIR"] ?? "", `/run/user/${userId}`].filter((path) => path.startsWith("/")),
  "/tmp"
]

/** What this machine is called, for people. */
export const hostName: string = hostname()
