/**
 * The folder that one stands in has no say: what Bun obeys in it, in those above it and in its node_modules changes nothing. Each file of
 * the table is first shown to bite, with a program that is started there without care.
 */
import { afterAll, describe, expect } from "bun:test"
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync
} from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Effect } from "effect"
import { type Outcome, run } from "../../scripts/support/run.ts"
import { plugin, start } from "../../testkit/host/ClaudeCode.ts"
import { temporaryHome } from "../../testkit/host/TemporaryHome.ts"
import { folderOfBun, folderOfThisBun } from "../support/buns.ts"
import { it } from "../support/it.ts"

const command = join(plugin, "bin/cc-dm")
const mark = "HOSTILE"

const paths = JSON.stringify({
  compilerOptions: {
    baseUrl: ".",
    paths: { "*": ["./hostile.js"], fs: ["./hostile.js"], "node:fs": ["./hostile.js"] }
  }
})
const env = `PROBE=${mark}\nCC_DM_BUS_URL=postgres://${mark}@127.0.0.1:1/x\nCC_DM_PERMISSION_RELAY=1\nCC_DM_SESSION_NAME=${mark}\n`

/** What doctor says of the free space may differ between two looks: others write to the disk as well. */
const withoutSpace = (text: string): string => text.replace(/[\d.]+ \w+ free/, "some space free")

/** What may lie in a folder, and whether Bun obeys it there: the rest is tried all the same. */
const table: Readonly<
  Record<string, { readonly files: Readonly<Record<string, string>>; readonly bites: boolean }>
> = {
  "bunfig.toml": { files: { "bunfig.toml": 'preload = ["./hostile.js"]\n' }, bites: true },
  "tsconfig.json": { files: { "tsconfig.json": paths }, bites: true },
  "jsconfig.json": { files: { "jsconfig.json": paths }, bites: true },
  ".env": {
    files: { ".env": env, ".env.local": env, ".env.development": env, ".env.production": env },
    bites: true
  },
  "package.json": {
    files: {
      "package.json": JSON.stringify({
        name: "cc-dm",
        type: "commonjs",
        main: "./hostile.js",
        imports: { "#*": "./hostile.js" },
        exports: { ".": "./hostile.js", "./*": "./hostile.js" },
        browser: { fs: "./hostile.js", "node:fs": "./hostile.js" },
        scripts: { who: `echo ${mark}`, serve: `echo ${mark}` }
      })
    },
    bites: false
  },
  node_modules: {
    files: Object.fromEntries(
      ["effect", "react", "zod", "fs", "bun", "pg-native", "cc-dm"].map((name) => [
        `node_modules/${name}/index.js`,
        `process.stderr.write("${mark}")`
      ])
    ),
    bites: false
  }
}

const write = (folder: string, files: Readonly<Record<string, string>>) => {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(join(folder, name, ".."), { recursive: true })
    writeFileSync(join(folder, name), text)
  }
}

/** A folder in which, and above which, such files lie. */
const hostileFolder = (rows: ReadonlyArray<string>): string => {
  const above = mkdtempSync(join(tmpdir(), "cc-dm-hostile-"))
  folders.push(above)
  const folder = join(above, "here")
  for (const place of [above, folder]) {
    write(place, { "hostile.js": `process.stderr.write("${mark}")\nexport default 1\n` })
    for (const row of rows) write(place, table[row]?.files ?? {})
  }
  return folder
}
const folders: Array<string> = []
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})

const inFolder = (
  bun: string,
  home: string,
  cwd: string,
  args: ReadonlyArray<string>,
  more: Readonly<Record<string, string>> = {}
): Promise<Outcome> =>
  run([command, ...args], {
    cwd,
    env: { HOME: home, PATH: `${bun}:/usr/bin:/bin`, USER: "ada", ...more },
    seconds: 50
  })

/** What a server says of itself that is started there as the plugin starts it. */
const served = (bun: string, home: string, cwd: string) =>
  Effect.scoped(
    Effect.gen(function* () {
      const session = yield* start({
        home,
        cwd,
        command: ["sh", command, "serve"],
        env: { PATH: `${bun}:/usr/bin:/bin`, CLAUDE_PROJECT_DIR: "/project", CC_DM_SESSION_ROLE: "tester" }
      })
      const greeting = yield* session.initialize
      const { isError } = yield* session.call("who")
      yield* session.closeStdin
      const { code } = yield* session.ended
      return { capabilities: greeting.result?.["capabilities"], isError, code, stderr: session.stderr() }
    })
  )

const bunsUnderTest = [
  ["this Bun", folderOfThisBun],
  ["Bun 1.3.0", folderOfBun("1.3.0")]
] as const

for (const [title, bun] of bunsUnderTest)
  (bun === undefined ? describe.skip : describe)(`in a hostile folder, ${title}`, () => {
    for (const [row, { bites }] of Object.entries(table))
      it.live(
        `${row} has no say`,
        Effect.gen(function* () {
          const home = yield* temporaryHome
          const folder = hostileFolder([row])
          const probe = join(home, "probe.js")
          writeFileSync(
            probe,
            'import { readFileSync } from "fs"\nconsole.log(process.env.PROBE, typeof readFileSync)\n'
          )
          const { stderr, stdout } = yield* Effect.promise(() =>
            run([join(bun ?? "", "bun"), probe], { cwd: folder, env: { HOME: home, PATH: "/usr/bin:/bin" } })
          )
          expect((stdout + stderr).includes(mark)).toBe(bites)

          const who = yield* Effect.promise(() => inFolder(bun ?? "", home, folder, ["who"]))
          expect(who).toEqual(yield* Effect.promise(() => inFolder(bun ?? "", home, "/", ["who"])))
          expect(who.stderr).toContain("Nobody is here yet")
          expect(yield* served(bun ?? "", home, folder)).toEqual({
            capabilities: { tools: {}, experimental: { "claude/channel": {} } },
            isError: false,
            code: 0,
            stderr: ""
          })
        })
      )

    it.live(
      "all of them together change nothing that a command prints",
      Effect.gen(function* () {
        const home = yield* temporaryHome
        const folder = hostileFolder(Object.keys(table))
        for (const args of [
          ["--version"],
          ["help"],
          ["completions", "bash"],
          ["send", "bob", "hello"],
          ["log"]
        ]) {
          const here = yield* Effect.promise(() => inFolder(bun ?? "", home, folder, args))
          expect(here, args.join(" ")).toEqual(
            yield* Effect.promise(() => inFolder(bun ?? "", home, "/", args))
          )
          expect(here.stdout + here.stderr).not.toContain(mark)
        }
        const demo = yield* Effect.promise(() => inFolder(bun ?? "", home, folder, ["demo"]))
        expect({ code: demo.code, stderr: demo.stderr }).toEqual({ code: 0, stderr: "" })
        const doctor = yield* Effect.promise(() => inFolder(bun ?? "", home, folder, ["doctor", "--json"]))
        expect(doctor.stdout + doctor.stderr).not.toContain(mark)
        expect(JSON.parse(doctor.stdout).findings.length).toBeGreaterThan(3)
        // Another built file that is loaded later, from the user's folder.
        const onPostgres = yield* Effect.promise(() =>
          inFolder(bun ?? "", home, folder, ["who"], { CC_DM_BUS_URL: "postgres://ada@127.0.0.1:1/bus" })
        )
        expect(onPostgres.code).toBe(1)
        expect(onPostgres.stderr).toContain("the bus can't be used")
        expect(onPostgres.stderr).not.toContain(mark)
      })
    )

    it.live(
      "and what the user's variables tell Bun is not for cc-dm, but for what it starts",
      Effect.gen(function* () {
        const home = yield* temporaryHome
        const folder = hostileFolder([])
        const bin = join(home, "programs")
        write(bin, {
          claude:
            '#!/bin/sh\necho "options $BUN_OPTIONS $BUN_GC_TIMER_DISABLE $BUN_JSC_useConcurrentJIT $MIMALLOC_SCAVENGER in $PWD"\nenv | grep CC_DM_KEPT\n'
        })
        yield* Effect.promise(() => run(["chmod", "755", join(bin, "claude")]))
        const more = {
          BUN_OPTIONS: "--preload ./hostile.js",
          BUN_GC_TIMER_DISABLE: "7",
          BUN_JSC_useConcurrentJIT: "1",
          MIMALLOC_SCAVENGER: "2",
          BUN_INSPECT_PRELOAD: join(folder, "hostile.js")
        }
        const version = yield* Effect.promise(() => inFolder(bun ?? "", home, folder, ["--version"], more))
        expect(version).toMatchObject({ code: 0, stderr: "" })
        const launched = yield* Effect.promise(() =>
          inFolder(bun ?? "", home, folder, ["launch", "alice"], {
            ...more,
            PATH: `${bun}:${bin}:/usr/bin:/bin`
          })
        )
        expect(launched.stdout).toBe(`options --preload ./hostile.js 7 1 2 in ${folder}\n`)
      })
    )

    it.live(
      "a folder that is gone is no obstacle, but for launch, which says so",
      Effect.gen(function* () {
        const home = yield* temporaryHome
        const inGone = (args: ReadonlyArray<string>) => {
          const folder = mkdtempSync(join(tmpdir(), "cc-dm-gone-"))
          return Effect.promise(() =>
            run(["sh", "-c", `cd "$1" && rmdir "$1" && shift && exec "$@"`, "sh", folder, command, ...args], {
              env: { HOME: home, PATH: `${bun}:/usr/bin:/bin`, USER: "ada" }
            })
          )
        }
        for (const args of [["who"], ["log"], ["send", "bob", "x"], ["doctor"], ["--version"]]) {
          const { code, stderr, stdout } = yield* inGone(args)
          const there = yield* Effect.promise(() => inFolder(bun ?? "", home, "/", args))
          // The shell itself has a word to say about where it is.
          const words = stderr.replace(/^.*getcwd.*\n/gm, "")
          expect({ code, stdout: withoutSpace(stdout), stderr: words }, args.join(" ")).toEqual({
            ...there,
            stdout: withoutSpace(there.stdout)
          })
        }
        const { code, stderr } = yield* inGone(["launch", "alice"])
        expect(code).toBe(1)
        expect(stderr).toContain(
          "cc-dm: the folder that you are in was removed, or can't be entered: go to another one\n"
        )

        const gone = mkdtempSync(join(tmpdir(), "cc-dm-gone-"))
        const session = yield* start({
          home,
          cwd: gone,
          command: ["sh", "-c", `rmdir "$1"; exec sh "$2" serve`, "sh", gone, command],
          env: { PATH: `${bun}:/usr/bin:/bin` }
        })
        yield* session.initialize
        expect((yield* session.call("who")).isError).toBe(false)
      })
    )
  })

const old = folderOfBun("1.2.23")
;(old === undefined ? describe.skip : describe)("an older Bun", () => {
  it.live(
    "is not enough, and whoever asks is told so",
    Effect.gen(function* () {
      const home = yield* temporaryHome
      const sentence = "needs Bun 1.3 or later, this is 1.2.23 (bun upgrade)"
      for (const args of [["who"], ["doctor"], ["demo"], ["--version"]])
        expect(yield* Effect.promise(() => inFolder(old ?? "", home, "/", args))).toEqual({
          code: 1,
          stdout: "",
          stderr: `cc-dm: ${sentence}\n`
        })
      const session = yield* start({
        home,
        command: ["sh", command, "serve"],
        env: { PATH: `${old}:/usr/bin:/bin` }
      })
      const greeting = yield* session.initialize
      expect(greeting.result?.["instructions"]).toContain(sentence)
      expect(yield* session.call("who")).toMatchObject({ isError: true, json: { error: sentence } })
      const hook = () => session.call("session_hook", { event: "UserPromptSubmit" })
      expect((yield* hook()).json).toEqual({ systemMessage: `cc-dm: ${sentence}` })
      expect((yield* hook()).json).toEqual({})
    })
  )
})

describe("a program that can't work", () => {
  it.live(
    "for want of Bun says so, to the model of a session, too",
    Effect.gen(function* () {
      const home = yield* temporaryHome
      const sentence = "needs Bun 1.3 or later on your PATH: https://bun.sh"
      const bin = join(home, "bin")
      mkdirSync(bin)
      for (const name of ["sh", "dirname", "readlink"]) symlinkSync(Bun.which(name) ?? "", join(bin, name))
      expect(yield* Effect.promise(() => run([command, "who"], { env: { HOME: home, PATH: bin } }))).toEqual({
        code: 1,
        stdout: "",
        stderr: `cc-dm: ${sentence}\n`
      })
      const session = yield* start({ home, command: ["/bin/sh", command, "serve"], env: { PATH: bin } })
      expect((yield* session.initialize).result?.["instructions"]).toContain(sentence)
      expect((yield* session.request("tools/list")).result?.["tools"]).toMatchObject([
        { name: "session_hook" }
      ])
      expect((yield* session.call("session_hook", { event: "Stop" })).json).toEqual({})
      yield* session.closeStdin
      expect((yield* session.ended).code).toBe(1)
    })
  )

  it.live(
    "of which a file is cut short or missing says so, on the protocol, too",
    Effect.gen(function* () {
      const home = yield* temporaryHome
      for (const spoil of [(file: string) => truncateSync(file, 100_000), (file: string) => rmSync(file)]) {
        const copy = mkdtempSync(join(tmpdir(), "cc-dm-copy-"))
        folders.push(copy)
        cpSync(plugin, copy, { recursive: true })
        spoil(join(copy, "dist/cc-dm-cli.js"))
        spoil(join(copy, "dist/cc-dm-server.js"))
        const { code, stderr, stdout } = yield* Effect.promise(() =>
          run([join(copy, "bin/cc-dm"), "who"], {
            env: { HOME: home, PATH: `${folderOfThisBun}:/usr/bin:/bin` }
          })
        )
        expect({ code, stdout }).toEqual({ code: 1, stdout: "" })
        expect(stderr).toMatch(
          /^cc-dm: this installation is incomplete or damaged\. Reinstall cc-dm \([^\n]{1,330}\)\n$/
        )
        const session = yield* start({ home, command: ["sh", join(copy, "bin/cc-dm"), "serve"] })
        expect((yield* session.initialize).result?.["instructions"]).toContain("incomplete or damaged")
        expect((yield* session.call("who")).isError).toBe(true)
      }
      const copy = mkdtempSync(join(tmpdir(), "cc-dm-copy-"))
      folders.push(copy)
      cpSync(plugin, copy, { recursive: true })
      rmSync(join(copy, "start"), { recursive: true })
      const { code, stderr } = yield* Effect.promise(() => run([join(copy, "bin/cc-dm"), "who"]))
      expect(code).toBe(1)
      expect(stderr).toContain("cc-dm: this installation is incomplete: reinstall cc-dm\n")
    })
  )

  it.live(
    "in which something breaks that nobody thought of calls that its own fault, and a server goes on",
    Effect.gen(function* () {
      const home = yield* temporaryHome
      const copy = mkdtempSync(join(tmpdir(), "cc-dm-copy-"))
      folders.push(copy)
      cpSync(plugin, copy, { recursive: true })
      const faults = {
        "at once": 'throw new Error("bo\\u001b[31mom\\nmore")',
        "in a timer":
          'setTimeout(() => { throw new Error("bo\\u001b[31mom\\nmore") }, 1)\nsetTimeout(() => {}, 20_000)',
        "in a promise": 'Promise.reject(new Error("bo\\u001b[31mom\\nmore"))\nsetTimeout(() => {}, 20_000)'
      }
      const sentence =
        /^cc-dm: this is a bug in cc-dm; please report it, and say what you did: Error: bo\\u\{1b\}\[31mom \(cc-dm 2[.\d]+, Bun [.\d]+, \w+ \w+\)\n$/
      for (const [when, code] of Object.entries(faults)) {
        writeFileSync(join(copy, "dist/cc-dm-cli.js"), code)
        const ended = yield* Effect.promise(() =>
          run([join(copy, "bin/cc-dm"), "who"], {
            env: { HOME: home, PATH: `${folderOfThisBun}:/usr/bin:/bin` }
          })
        )
        expect(ended, when).toMatchObject({ code: 1, stdout: "" })
        expect(ended.stderr, when).toMatch(sentence)
      }
      // The server that is served is the real one, with a fault that comes later.
      const server = join(copy, "dist/cc-dm-server.js")
      const text = readFileSync(server, "utf8")
      // The file is one function, as CommonJS has it.
      expect(text.trimEnd()).toEndWith("})")
      writeFileSync(
        server,
        `${text.trimEnd().slice(0, -2)};setTimeout(() => { throw new Error("boom") }, 300)})`
      )
      const session = yield* start({ home, command: ["sh", join(copy, "bin/cc-dm"), "serve"] })
      yield* session.initialize
      while (!session.stderr().includes("bug in cc-dm")) yield* Effect.sleep(20)
      expect((yield* session.call("who")).isError).toBe(false)
      yield* session.closeStdin
      expect((yield* session.ended).code).toBe(0)
    })
  )

  it.live(
    "for want of files that it may open says so, and prints no line of its own program",
    Effect.gen(function* () {
      const home = yield* temporaryHome
      for (const files of [7, 9, 11, 13, 16, 20]) {
        const { code, stderr, stdout } = yield* Effect.promise(() =>
          run(["sh", "-c", `ulimit -n ${files}; exec "$@"`, "sh", command, "send", "bob", "hello"], {
            env: { HOME: home, PATH: `${folderOfThisBun}:/usr/bin:/bin`, USER: "ada" }
          })
        )
        expect(code, `${files}: ${stderr}`).toBeGreaterThan(0)
        expect(stdout + stderr, `${files}`).not.toMatch(/^\s+at |^\d+ \| /m)
        expect(stderr.length, `${files}: ${stderr}`).toBeLessThan(1_000)
      }
    })
  )

  it.live(
    "for want of a home says so",
    Effect.gen(function* () {
      const home = yield* temporaryHome
      const sentence = "there is no home folder for the bus: set HOME to the full path of yours"
      for (const wrong of ["x", "."])
        expect(yield* Effect.promise(() => inFolder(folderOfThisBun, wrong, home, ["who"]))).toEqual({
          code: 1,
          stdout: "",
          stderr: `cc-dm: ${sentence}\n`
        })
    })
  )
})
