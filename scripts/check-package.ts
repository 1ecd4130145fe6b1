/** Checks the npm package: packs it, installs it in an empty folder, and uses what is in it. Prints one line a check. */
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync
} from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join, relative } from "node:path"
import { Checks, expect } from "./support/Checks.ts"
import { installClient } from "./support/ClaudeClient.ts"
import { checkInstall } from "./support/checkInstall.ts"
import { linksOf } from "./support/Markdown.ts"
import { mustRun, run } from "./support/run.ts"

const root = join(import.meta.dir, "..")
const checks = new Checks()

const documents = ["README.md", "CHANGELOG.md", "CONTRIBUTING.md", "LICENSE"]
const required = [".claude-plugin", "plugin", "lib", "docs", "examples", "package.json", ...documents]
const welcome = ["SECURITY.md"]

/** A use of the library that shows whether it works. It is run, and it is type-checked. */
const consumer = `import {
  allowList, blockList, type Decision, type DirectMessage, firstRefusal, isAllowed, type Name, normalise,
  parseName, parseNameList, parseVerdict, refused, type Rule, scope
} from "cc-dm/policy"
import { Result } from "effect"

const quiet: Rule<DirectMessage> = ({ receiver }) =>
  receiver.role === "reviewer" ? refused("reviewers are not to be disturbed") : { _tag: "Allowed" }
const mayWrite: Rule<DirectMessage> = firstRefusal(
  scope,
  allowList(parseNameList("").entries),
  blockList(parseNameList("Night Intern").entries),
  quiet
)
const planner = { name: "planner", role: "orchestrator", project: "myapp" }
const to = (name: string, role = "worker"): Decision =>
  mayWrite({ sender: planner, receiver: { name: normalise(name), role, project: "myapp" } })

const name: Result.Result<Name, string> = parseName(" Backend ")
// @ts-expect-error any text is not a name
const notAName: Name = "backend"

const holds = [
  isAllowed(to("backend")),
  !isAllowed(to("night  INTERN")),
  !isAllowed(to("anna", "reviewer")),
  Result.isSuccess(name) && name.success === notAName,
  parseVerdict("Yes abcde")?.behavior === "allow",
  parseVerdict("yes abcde, I think") === undefined
]
console.log(holds.every((one) => one) ? "it works" : JSON.stringify(holds))
`

const filesIn = (folder: string): ReadonlyArray<string> =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .sort()

/** The relative links of a folder's documents that lead to nothing inside of it. */
const brokenLinksIn = (folder: string): ReadonlyArray<string> =>
  filesIn(folder)
    .filter((file) => file.endsWith(".md"))
    .flatMap((file) =>
      linksOf(readFileSync(join(folder, file), "utf8")).flatMap((link) => {
        const [path = ""] = link.split("#")
        const target = join(folder, dirname(file), decodeURI(path))
        const isInside = !relative(folder, target).startsWith("..")
        return path === "" || (isInside && existsSync(target)) ? [] : [`${file}: ${link}`]
      })
    )

const scratch = mkdtempSync(join(tmpdir(), "cc-dm-package-"))
try {
  const tarball = await checks.check("npm pack", async () => {
    await mustRun(["npm", "pack", "--pack-destination", scratch], { cwd: root, seconds: 120 })
    const found = readdirSync(scratch).find((file) => file.endsWith(".tgz"))
    if (found === undefined) throw new Error("it left no tarball")
    return join(scratch, found)
  })

  if (tarball !== undefined) {
    await checks.check(
      "the package holds the plugin, the library, the documents and the examples, and nothing else",
      async () => {
        const paths = (await mustRun(["tar", "-tzf", tarball])).trim().split("\n")
        const top = [...new Set(paths.map((path) => path.split("/")[1] ?? path))]
        const missing = required.filter((name) => !top.includes(name))
        const strays = top.filter((name) => ![...required, ...welcome].includes(name))
        expect(missing.length === 0, `missing: ${missing.join(", ")}`)
        expect(strays.length === 0, `too much: ${strays.join(", ")}`)
      }
    )

    const folder = join(scratch, "consumer")
    const installed = join(folder, "node_modules/cc-dm")
    mkdirSync(folder)
    writeFileSync(join(folder, "package.json"), JSON.stringify({ private: true, type: "module" }))
    writeFileSync(join(folder, "consumer.ts"), consumer)
    await checks.check("npm install of the package in an empty folder", () =>
      mustRun(["npm", "install", "--no-audit", "--no-fund", tarball], { cwd: folder, seconds: 120 })
    )

    await checks.check("it brings no other package", () => {
      const brought = readdirSync(join(folder, "node_modules")).filter((name) => !name.startsWith("."))
      expect(brought.join() === "cc-dm", `it brings: ${brought.join(", ")}`)
    })

    await checks.check("each relative link of its documents leads to a file that is in it", () => {
      const broken = brokenLinksIn(installed)
      expect(broken.length === 0, broken.join(", "))
    })

    await checks.check("the plugin is in it as it is here", () => {
      const [here, there] = [join(root, "plugin"), join(installed, "plugin")]
      const lost = filesIn(here).filter((file) => !existsSync(join(there, file)))
      expect(lost.length === 0, `missing: ${lost.join(", ")}`)
      const unable = filesIn(here).filter(
        (file) => (lstatSync(join(here, file)).mode & 0o100) !== (lstatSync(join(there, file)).mode & 0o100)
      )
      expect(unable.length === 0, `may not be run any more, or may now: ${unable.join(", ")}`)
    })

    // The command is a shell script that looks for Bun on the PATH.
    const home = join(scratch, "home")
    mkdirSync(home)
    const env = {
      ...process.env,
      HOME: home,
      PATH: `${dirname(process.execPath)}:${process.env["PATH"] ?? ""}`,
      npm_config_cache: join(scratch, "npm-cache")
    }
    const command = (...args: ReadonlyArray<string>) =>
      run(["npx", "--no-install", "cc-dm", ...args], { cwd: folder, env, seconds: 60 })
    await checks.check("npx cc-dm --version", async () => {
      const { code, stderr, stdout } = await command("--version")
      const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"))
      expect(code === 0 && stdout.trim() === `cc-dm v${version}`, `code ${code}: ${stdout}${stderr}`)
    })
    await checks.check("npx cc-dm who, where there is no bus, says so and makes none", async () => {
      const { code, stderr, stdout } = await command("who")
      expect(
        code === 0 && stdout === "" && stderr.includes("Nobody is here yet"),
        `code ${code}: ${stdout}${stderr}`
      )
      expect(!existsSync(join(home, ".cc-dm")), "it made a bus")
    })

    await checks.check("npm install of effect beside it, which the policy library wants", () =>
      mustRun(["npm", "install", "--no-audit", "--no-fund", "effect@4.1.0"], { cwd: folder, seconds: 120 })
    )
    // Node runs no TypeScript before version 22, so it gets the same program without the types.
    const javascript = new Bun.Transpiler({ loader: "ts" }).transformSync(consumer)
    writeFileSync(join(folder, "consumer.js"), javascript)
    for (const runtime of ["node", process.execPath]) {
      const title = `cc-dm/policy works in ${runtime === "node" ? "Node" : "Bun"}`
      if (Bun.which(runtime) === null) checks.skip(title, "it is not installed")
      else
        await checks.check(title, async () => {
          const printed = await mustRun([runtime, "consumer.js"], { cwd: folder, seconds: 20 })
          expect(printed.trim() === "it works", printed)
        })
    }

    for (const [module, resolution] of [
      ["nodenext", "nodenext"],
      ["preserve", "bundler"]
    ] as const)
      await checks.check(`cc-dm/policy has its types under moduleResolution ${resolution}`, () =>
        mustRun(
          [
            process.execPath,
            join(root, "node_modules/typescript/bin/tsc"),
            ...["--noEmit", "--strict", "--target", "es2022", "--lib", "esnext,dom", "--types", ""],
            ...["--module", module, "--moduleResolution", resolution, "consumer.ts"]
          ],
          { cwd: folder }
        )
      )

    const program = await checks.check("the client is there", installClient)
    if (program !== undefined)
      await checkInstall(checks, program, { title: "the npm package", marketplace: installed })
  }
} finally {
  rmSync(scratch, { recursive: true, force: true })
}

checks.summary("the package")
