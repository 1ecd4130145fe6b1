/** Files are replaced as a whole, and what somebody else has written meanwhile is not lost. */
import { describe, expect } from "bun:test"
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync
} from "node:fs"
import { join } from "node:path"
import { Effect } from "effect"
import {
  missingFolders,
  readWhole,
  removeEmptyFolders,
  removeWhole,
  replaceFile
} from "../../src/platform/WholeFiles.ts"
import { temporaryHome } from "../../testkit/host/TemporaryHome.ts"
import { it } from "../support/it.ts"

describe("a file", () => {
  it.live(
    "is left alone if another program has changed, made or removed it since it was read",
    Effect.gen(function* () {
      const home = yield* temporaryHome
      const path = join(home, "settings.json")
      const none = yield* readWhole(path)
      writeFileSync(path, "theirs")
      expect(String(yield* Effect.flip(replaceFile(path, "ours", none)))).toContain(
        "changed by another program"
      )
      const found = yield* readWhole(path)
      writeFileSync(path, "theirs, again")
      expect(String(yield* Effect.flip(replaceFile(path, "ours", found)))).toContain(
        "changed by another program"
      )
      if (found !== undefined)
        expect(String(yield* Effect.flip(removeWhole(path, found)))).toContain("changed by another program")
      expect(readFileSync(path, "utf8")).toBe("theirs, again")
      expect(readdirSync(home)).toEqual(["settings.json"])
    })
  )

  it.live(
    "keeps its mode and the links to it, and is private if it is new",
    Effect.gen(function* () {
      const home = yield* temporaryHome
      const [file, link, next] = [join(home, "a/file"), join(home, "link"), join(home, "next")]
      mkdirSync(join(home, "a"))
      writeFileSync(file, "old")
      chmodSync(file, 0o754)
      symlinkSync("a/file", link)
      symlinkSync("link", next)
      yield* replaceFile(next, "new", yield* readWhole(next))
      expect(readFileSync(file, "utf8")).toBe("new")
      expect(statSync(file).mode & 0o7777).toBe(0o754)
      expect([link, next].map((path) => lstatSync(path).isSymbolicLink())).toEqual([true, true])
      // A link may be there before what it leads to.
      symlinkSync("b/c/later", join(home, "early"))
      expect(yield* missingFolders(join(home, "early"))).toEqual([join(home, "b"), join(home, "b/c")])
      yield* replaceFile(join(home, "early"), "new", undefined)
      expect(statSync(join(home, "b/c/later")).mode & 0o777).toBe(0o600)
      expect(statSync(join(home, "b")).mode & 0o777).toBe(0o700)
    })
  )

  it.live(
    "takes the empty folders with it that were made for it, and no other",
    Effect.gen(function* () {
      const home = yield* temporaryHome
      const path = join(home, "a/b/file")
      const made = yield* missingFolders(path)
      yield* replaceFile(path, "x", undefined)
      writeFileSync(join(home, "a/theirs"), "")
      const found = yield* readWhole(path)
      if (found !== undefined) yield* removeWhole(path, found)
      yield* removeEmptyFolders(made)
      expect(existsSync(join(home, "a/b"))).toBe(false)
      expect(readdirSync(join(home, "a"))).toEqual(["theirs"])
    })
  )
})
