/** The programs of 2.0.0, as they were released: a session's server, and the command line. */
import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { brotliDecompressSync } from "node:zlib"
import { Effect } from "effect"
import { type Outcome, run } from "../../scripts/support/run.ts"
import { root } from "../host/ClaudeCode.ts"
import { temporaryHome } from "../host/TemporaryHome.ts"

/** Unpacks a program into a folder, and says where it is. */
const unpack = (folder: string, name: string): string => {
  const file = join(folder, name)
  const packed = readFileSync(join(root, `test/fixtures/2.0.0/${name}.br`))
  writeFileSync(file, brotliDecompressSync(packed))
  return file
}

/** Both, for as long as the scope is open. */
export const version200 = Effect.map(temporaryHome, (folder) => {
  const server = unpack(folder, "cc-dm-postgres.js")
  const commandLine = unpack(folder, "cc-dm-cli-postgres.js")
  return {
    /** What starts a session's server. */
    server: [process.execPath, server, "serve"],
    /** Runs `cc-dm` to its end. */
    ccdm: (
      home: string,
      args: ReadonlyArray<string>,
      env: Readonly<Record<string, string>> = {}
    ): Effect.Effect<Outcome> =>
      Effect.promise(() =>
        run([process.execPath, commandLine, ...args], {
          cwd: home,
          env: { HOME: home, PATH: "/usr/bin:/bin", USER: "tester", ...env }
        })
      )
  }
})
