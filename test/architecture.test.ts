/** Who may import whom: the house as CONTRIBUTING.md draws it. */
import { describe, expect, test } from "bun:test"
import { readFileSync } from "node:fs"
import { dirname, join, relative } from "node:path"
import { Glob } from "bun"

const root = join(import.meta.dir, "..")
const source = join(root, "src")

/** All code, of which `src` is what is built. */
const everywhere = ["src", "testkit", "test", "scripts", "bench", "demo"].flatMap((folder) =>
  [...new Glob("**/*.{ts,tsx}").scanSync(join(root, folder))].map((file) => `${folder}/${file}`).sort()
)

/** What each room may import from this project, beside itself. `platform` and `settings` are open to most. */
const allowed: Readonly<Record<string, ReadonlyArray<string>>> = {
  domain: [],
  policy: ["domain"],
  platform: ["domain"],
  hosts: ["domain", "platform"],
  settings: ["domain", "platform", "hosts"],
  "version.ts": ["plugin.json"],
  bus: ["domain", "platform", "settings", "version.ts"],
  session: ["bus", "policy", "domain", "platform", "settings", "hosts"],
  mcp: ["session", "bus", "policy", "domain", "platform", "settings", "hosts", "version.ts"],
  hook: ["hosts", "domain", "platform"],
  status: ["bus", "domain", "platform", "settings", "hosts"],
  agents: ["hosts", "domain", "platform", "version.ts"],
  cli: [
    "session",
    "bus",
    "policy",
    "domain",
    "platform",
    "settings",
    "hosts",
    "hook",
    "status",
    "version.ts"
  ],
  "App.ts": ["mcp", "session", "bus", "policy", "domain", "platform", "settings", "hosts"],
  "main.ts": ["App.ts", "Shutdown.ts", "hosts", "platform", "domain", "settings", "version.ts"],
  "Shutdown.ts": ["hosts", "platform"],
  "start.ts": ["domain", "platform", "version.ts"]
}

/** Which rooms may import which packages. `effect` itself is everybody's. */
const packages: ReadonlyArray<readonly [name: RegExp, rooms: ReadonlyArray<string>]> = [
  [/^(@modelcontextprotocol\/|zod)/, ["mcp"]],
  [/^(effect\/sql|@effect\/sql-pg|bun:sqlite)/, ["bus"]],
  [/^@effect\/platform-/, ["platform"]],
  [/^node:/, ["platform", "bus", "hosts", "agents"]],
  [/^@github\/copilot-sdk\/extension$/, ["agents"]],
  [/^effect\/reactivity\//, ["bus"]],
  [/^effect\/cli$/, ["cli"]],
  [/^effect\/process\//, ["platform"]],
  [/^(ink|react|fastest-levenshtein|jsonc-parser|toml-eslint-parser)$/, ["cli"]],
  [/^effect$/, Object.keys(allowed)]
]

const contributing = readFileSync(join(source, "../CONTRIBUTING.md"), "utf8")

/** What stands between backticks. */
const inCode = (text: string) => [...text.matchAll(/`([^`]+)`/g)].map(([, code = ""]) => code)

/** Who knows of one agent, beside its own folder; all others know the port alone. */
const knowsAnAgent =
  /^(hosts\/(Conversations|Hosts|Nesting)\.ts|cli\/(doctor\/.*|commands\/(doctor|launch)\.ts|Answering\.ts|Person\.ts))$/

const roomOf = (path: string) => path.split("/")[0] ?? ""
const importsOf = (file: string) =>
  [
    ...readFileSync(join(source, file), "utf8").matchAll(
      /^(?:import|export)[^"';]*? from "([^"]+)"|^import "([^"]+)"/gms
    )
  ].map((match) => match[1] ?? match[2] ?? "")
const files = [...new Glob("**/*.{ts,tsx}").scanSync(source)].sort()

/** The room that an import leads to, or `undefined` for a package. */
const target = (file: string, specifier: string) => {
  if (!specifier.startsWith(".")) return undefined
  const path = relative(source, join(source, dirname(file), specifier))
  return path.endsWith("plugin.json") ? "plugin.json" : roomOf(path)
}

describe("the house", () => {
  test("is read at all", () => {
    expect(files.length).toBeGreaterThan(30)
    expect(importsOf("App.ts")).toContain("./bus/messages/Bus.ts")
    expect(importsOf("settings/Settings.ts")).toContain("effect")
  })

  test.each(files)("%s imports only from rooms that it may know", (file) => {
    const room = roomOf(file)
    for (const specifier of importsOf(file)) {
      const to = target(file, specifier)
      if (to !== undefined)
        expect([room, ...(allowed[room] ?? [])], `${file} imports ${specifier}`).toContain(to)
      else {
        const rule = packages.find(([name]) => name.test(specifier))
        expect(rule?.[1] ?? [], `${file} imports ${specifier}`).toContain(room)
      }
    }
  })

  test("keeps what the bus stands on apart from what is said on it", () => {
    const within = (file: string) => (specifier: string) =>
      relative(source, join(source, dirname(file), specifier))
    for (const file of files.filter((name) => name.startsWith("bus/engine/")))
      expect(
        importsOf(file)
          .map(within(file))
          .filter((path) => /^bus\/(messages|roster|receipts|requests)\//.test(path)),
        file
      ).toEqual([])
  })

  describe("stands in CONTRIBUTING.md as it is", () => {
    const [, section = ""] = /^### Who may import whom\n(.*?)^## /ms.exec(contributing) ?? []
    const rows = [...section.matchAll(/^\| (`.+) \| (.+) \|$/gm)].map(([, names = "", rooms = ""]) => ({
      names: inCode(names),
      rooms: inCode(rooms)
    }))
    const isPackage = (name: string) => packages.some(([pattern]) => pattern.test(name))

    test("which room may import which", () => {
      const drawn = rows.filter(({ names }) => !names.some(isPackage))
      expect(Object.fromEntries(drawn.map(({ names, rooms }) => [names[0], rooms]))).toEqual(allowed)
    })

    test("which room may import which package", () => {
      const drawn = rows.filter(({ names }) => names.some(isPackage))
      for (const { names, rooms } of drawn)
        for (const name of names)
          expect(packages.find(([pattern]) => pattern.test(name))?.[1], name).toEqual(rooms)
      const unsaid = packages.filter(
        ([pattern]) =>
          !pattern.test("effect") && !drawn.some(({ names }) => names.some((name) => pattern.test(name)))
      )
      expect(unsaid).toEqual([])
    })
  })

  test("knows agents through their port alone, but for the map, the doctor and what guards people", () => {
    const knowing = files.filter(
      (file) =>
        !/^hosts\/[^/]+\//.test(file) &&
        importsOf(file).some(
          (specifier) => /hosts\/[^/]+\//.test(specifier) || /^\.\/claude-code\//.test(specifier)
        )
    )
    expect(knowing.filter((file) => !knowsAnAgent.test(file))).toEqual([])
  })

  test("names no variable, method or key of an agent outside of its folder", () => {
    const rooms = [
      "domain",
      "policy",
      "bus",
      "settings",
      "session",
      "mcp",
      "platform",
      "App.ts",
      "main.ts",
      "Shutdown.ts"
    ]
    for (const file of files.filter((name) => rooms.includes(roomOf(name))))
      expect(readFileSync(join(source, file), "utf8"), file).not.toMatch(
        /CLAUDE_|CLAUDECODE|claude\/channel|claudecode\/|"anthropic\//
      )
  })

  test("has a platform that knows of no agent", () => {
    for (const file of files.filter((name) => roomOf(name) === "platform"))
      expect(readFileSync(join(source, file), "utf8"), file).not.toMatch(/claude(?!\.com)/i)
  })

  test("ships nothing of the tests", () => {
    for (const folder of ["../testkit", "../bench", "../demo", "../scripts"]) {
      const path = join(source, folder)
      for (const file of new Glob("**/*.ts").scanSync(path)) {
        const imports = [...readFileSync(join(path, file), "utf8").matchAll(/ from "(\.[^"]+)"/g)].map(
          (match) => relative(join(source, ".."), join(path, dirname(file), match[1] ?? ""))
        )
        expect(
          imports.filter((name) => name.startsWith("test/")),
          `${folder}/${file}`
        ).toEqual([])
      }
    }
  })

  test("calls one thing by one name", () => {
    const declared = (pattern: RegExp) =>
      everywhere.flatMap((file) =>
        [...readFileSync(join(root, file), "utf8").matchAll(pattern)].map(([, name]) => `${file}: ${name}`)
      )
    expect(declared(/^(?:export )?(?:type|interface) (Sent|Posted|Posting|Delivery)\b/gm)).toEqual([])
    // A timeout, or by what it waits for, such as `answerWithin`.
    expect(declared(/(\w*patien\w*)/gi).filter((found) => !found.startsWith("test/architecture"))).toEqual([])
    const named = (name: string) =>
      declared(new RegExp(`^(?:export )?(?:type|interface) (${name})\\b`, "gm")).filter((found) =>
        found.startsWith("src/")
      )
    expect(declared(/^(?:export )?const (isHelp)\b/gm)).toEqual(["src/cli/Usage.ts: isHelp"])
    expect(named("Copy")).toEqual(["src/domain/Message.ts: Copy"])
    expect(named("Sender")).toEqual(["src/policy/Inbound.ts: Sender"])
  })

  test("has every service of the server on its map", () => {
    const services = files
      .filter((file) => roomOf(file) !== "cli")
      .flatMap((file) => [
        ...readFileSync(join(source, file), "utf8").matchAll(
          /^export class (\w+) extends Context\.Service</gm
        )
      ])
      .flatMap((match) => match[1] ?? [])
    expect(services).toContain("Bus")
    const map = readFileSync(join(source, "App.ts"), "utf8").replace(
      /\/\*[\s\S]*?\*\/|\/\/.*|^import .*$/gm,
      ""
    )
    expect(services.filter((name) => !new RegExp(`\\b${name}\\b`).test(map)).sort()).toEqual([
      // The client's end of the twin for tests.
      "McpClientEnd",
      // Loaded only if the bus is in PostgreSQL.
      "PostgresLink",
      // Stands beside the server, and ends it.
      "Shutdown"
    ])
  })

  test("loads what draws the live view for it alone", () => {
    const drawing = files.filter((file) =>
      importsOf(file).some((specifier) => /^(ink|react)$/.test(specifier))
    )
    expect(drawing.filter((file) => !/^cli\/watch\/\w+\.tsx$/.test(file))).toEqual([])
    expect(drawing).toContain("cli/watch/View.tsx")
    expect(
      files.filter(
        (file) => !drawing.includes(file) && importsOf(file).some((specifier) => specifier.endsWith(".tsx"))
      )
    ).toEqual([])
    expect(readFileSync(join(source, "cli/commands/watch.ts"), "utf8")).toContain(
      'await import("../watch/View.tsx")'.slice(6)
    )
  })

  test("loads a command when it is called: one that is imported ahead makes all others slower", () =>
    expect(importsOf("cli/CommandLine.ts").filter((specifier) => specifier.includes("/commands/"))).toEqual(
      []
    ))

  test("takes time from the clock, and settings from Settings, everywhere but in platform", () => {
    for (const file of files.filter(
      (name) =>
        !["platform", "main.ts", "Shutdown.ts", "start.ts"].includes(roomOf(name)) &&
        !/^((cli|hook|status)\/main\.ts|agents\/)/.test(name)
    )) {
      const text = readFileSync(join(source, file), "utf8")
      for (const forbidden of [/Date\.now\(/, /process\.env/, /Math\.random\(/, /setTimeout\(/, /console\./])
        expect(text, `${file} uses ${forbidden}`).not.toMatch(forbidden)
    }
  })
})
