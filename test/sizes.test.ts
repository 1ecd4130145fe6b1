/** How large what users install may become. Each file is fetched with the plugin, and parsed at a start. */
import { describe, expect, test } from "bun:test"
import { statSync } from "node:fs"
import { join } from "node:path"
import { Glob } from "bun"
import last from "../scripts/sizes.json"

const plugin = join(import.meta.dir, "../plugin")
const built = [...new Glob("{dist,agents}/**/*").scanSync({ cwd: plugin })].sort()

/** How much more than in the last version a file may have. */
const growth = 1.1

describe(`beside version ${last.version}, what is built`, () => {
  test("is all known: a new file gets its size into scripts/sizes.json, and one that is gone leaves it", () =>
    expect(built).toEqual(Object.keys(last.bytes).sort()))

  test.each(Object.entries(last.bytes))("has grown by no more than a tenth: %s, of %d bytes", (file, bytes) =>
    // If it is worth it, say why in the commit that changes the number.
    expect(statSync(join(plugin, file)).size).toBeLessThanOrEqual(bytes * growth)
  )
})
