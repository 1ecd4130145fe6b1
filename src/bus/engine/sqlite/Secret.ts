/** The secret beside the bus file, with which the proofs of this bus are made. */
import { linkSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { Effect } from "effect"
import { BusUnavailable } from "../../../domain/Errors.ts"
import { randomHex } from "../../../platform/Platform.ts"
import { privateFile, secure, secureFolders } from "./BusFolder.ts"
import { type BusPaths, status } from "./BusPaths.ts"

const secretForm = /^[0-9a-f]{64}$/

/** The secret of the bus; `undefined`: it has none yet. */
export const readSecret = (paths: BusPaths): Effect.Effect<string | undefined, BusUnavailable> =>
  secure(paths, () => {
    if (privateFile(paths.secret) === undefined) return undefined
    const text = readFileSync(paths.secret, "utf8").trim()
    if (secretForm.test(text)) return text
    throw new BusUnavailable({
      file: paths.secret,
      problem: "is damaged",
      advice: "Remove it; cc-dm then makes a new one."
    })
  })

/** The secret of the bus, which is made if there is none. Of servers that start together, all get the same. */
export const secretOf = Effect.fnUntraced(function* (paths: BusPaths) {
  const found = yield* readSecret(paths)
  if (found !== undefined) return found
  yield* secureFolders(paths)
  const fresh = `${paths.secret}.${yield* randomHex(6)}`
  const text = yield* randomHex(32)
  yield* secure(paths, () => {
    try {
      writeFileSync(fresh, `${text}\n`, { flag: "wx", mode: 0o600 })
      // A link appears with all that is in it, and never takes the place of another server's.
      linkSync(fresh, paths.secret)
    } catch (cause) {
      if (status(paths.secret) === undefined) throw cause
    } finally {
      rmSync(fresh, { force: true })
    }
  })
  return (yield* readSecret(paths)) ?? text
})
