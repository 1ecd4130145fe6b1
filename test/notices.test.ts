/** The notices of what others wrote: made of what is really bundled, and a licence that is not in the list stops the build. */
import { afterAll, expect, test } from "bun:test"
import { appendFileSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { type Metafile, noticesOf, strangersIn } from "../scripts/support/Notices.ts"
import { run } from "../scripts/support/run.ts"
import { root } from "../testkit/host/ClaudeCode.ts"

const scratch = mkdtempSync(join(tmpdir(), "cc-dm-notices-"))
afterAll(() => rmSync(scratch, { recursive: true }))

/** Bundles a program that imports one package, as the build does. */
const bundleWith = async (manifest: object, files: Readonly<Record<string, string>> = {}) => {
  const folder = mkdtempSync(join(scratch, "project-"))
  const library = join(folder, "node_modules/library")
  mkdirSync(library, { recursive: true })
  writeFileSync(join(folder, "main.js"), 'import { one } from "library"\nconsole.log(one)\n')
  writeFileSync(
    join(library, "package.json"),
    JSON.stringify({ name: "library", version: "1.2.3", main: "index.js", ...manifest })
  )
  writeFileSync(
    join(library, "index.js"),
    "/* Copyright (c) 1999 Somebody Else */\nexport const one = () => 1\n"
  )
  for (const [name, text] of Object.entries(files)) writeFileSync(join(library, name), text)
  const { metafile } = await Bun.build({
    entrypoints: [join(folder, "main.js")],
    root: folder,
    target: "bun",
    metafile: true,
    throw: true
  })
  // Bun names files as the folder sees them in which it runs.
  return noticesOf(process.cwd(), [metafile as Metafile])
}

test("a package is named with its licence, and with what its files claim", async () => {
  const text = await bundleWith({ license: "MIT" }, { LICENSE: "The licence of the library." })
  expect(text).toContain("library 1.2.3 (MIT)")
  expect(text).toContain("The licence of the library.")
  expect(text).toContain("Copyright (c) 1999 Somebody Else")
})

test("a package without a licence text gets the one of its licence, with its author's name", async () => {
  const text = await bundleWith({ license: "ISC", author: "Ada <ada@example.org>" })
  expect(text).toContain("Copyright (c) Ada\n\nPermission to use, copy, modify")
  await expect(bundleWith({ license: "Apache-2.0" })).rejects.toThrow("ships no licence text")
})

test("a licence that is not in the list stops the build, and a choice is enough", async () => {
  for (const license of ["GPL-3.0", "MIT AND GPL-3.0", "SEE LICENSE IN x", undefined])
    await expect(bundleWith(license === undefined ? {} : { license }, { LICENSE: "x" })).rejects.toThrow(
      "not in the list"
    )
  expect(await bundleWith({ license: "(GPL-3.0 OR MIT)" }, { LICENSE: "x" })).toContain("library")
})

test("a built file asks for nothing that a user's machine would have to give", () => {
  const code =
    'import "fs"\nimport "node:net"\nimport "bun:sqlite"\nimport "pg-native"\nimport("./cc-dm-watch.js")\nrequire("../x.js")'
  expect(strangersIn(code).toSorted()).toEqual(["../x.js", "pg-native"])
})

test("stale notices fail the check of the build", async () => {
  const copy = join(scratch, "plugin")
  cpSync(join(root, "plugin"), copy, { recursive: true })
  appendFileSync(join(copy, "THIRD-PARTY-NOTICES.txt"), "one more line\n")
  const { code, stdout } = await run([process.execPath, join(root, "scripts/build.ts"), "--check", copy], {
    seconds: 100
  })
  expect(code).toBe(1)
  expect(stdout).toContain("stale: THIRD-PARTY-NOTICES.txt")
  expect(readFileSync(join(root, "plugin/THIRD-PARTY-NOTICES.txt"), "utf8")).toContain("effect 4.1.0 (MIT)")
}, 120_000)
