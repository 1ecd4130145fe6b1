/** The file of the user's settings is read where it is theirs alone. */
import { describe, expect } from "bun:test"
import { chmodSync, mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { Effect, Result } from "effect"
import { configuredBusUrl } from "../../src/platform/ConfigFile.ts"
import { temporaryHome } from "../../testkit/host/TemporaryHome.ts"
import { it } from "../support/it.ts"

const url = "postgres://ada:secret-word@db.example/bus"

/** What is found where the file has this mode. */
const foundAt = (mode: number) =>
  Effect.map(temporaryHome, (home) => {
    const file = join(home, ".cc-dm/config.json")
    mkdirSync(join(home, ".cc-dm"), { mode: 0o700 })
    writeFileSync(file, JSON.stringify({ bus_url: url }))
    chmodSync(file, mode)
    return { file, found: configuredBusUrl(undefined, home) }
  })

describe("config.json", () => {
  for (const mode of [0o640, 0o620, 0o604, 0o602, 0o644])
    it.live(
      `is refused with mode ${mode.toString(8)}, since it may hold a password`,
      Effect.gen(function* () {
        const { file, found } = yield* foundAt(mode)
        expect(found).toEqual(Result.fail(`${file} can be read by others: chmod 600 ${file}`))
      })
    )

  for (const mode of [0o600, 0o400])
    it.live(
      `is read with mode ${mode.toString(8)}`,
      Effect.gen(function* () {
        expect((yield* foundAt(mode)).found).toEqual(Result.succeed(url))
      })
    )
})
