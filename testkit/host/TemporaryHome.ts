/** A home folder for servers that are started to be looked at: their bus stands in it, and goes with it. */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Effect } from "effect"

// The path of a Unix socket has at most 103 bytes on macOS, whose own temporary folder alone takes half of them.
const base = tmpdir().length > 30 ? "/tmp" : tmpdir()

/** Makes an empty home folder, and removes it at the end of the scope. */
export const temporaryHome = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(base, "cc-dm-"))),
  (folder) => Effect.sync(() => rmSync(folder, { recursive: true, force: true }))
)
