/**
 * Checks the plugin: with the real client, which installs it as users do, and by eye if the client is
 * silent. Prints one line a check.
 */
import {
  existsSync,
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync
} from "node:fs"
import { tmpdir } from "node:os"
import { basename, join } from "node:path"
import { Checks, expect } from "./support/Checks.ts"
import { installClient, makeScratchUser, said } from "./support/ClaudeClient.ts"
import { checkInstall } from "./support/checkInstall.ts"
import { mustRun } from "./support/run.ts"
import { askServer } from "./support/Server.ts"

const root = join(import.meta.dir, "..")
const plugin = join(root, "plugin")
const checks = new Checks()

const read = (path: string): string => readFileSync(join(root, path), "utf8")
const readJson = (path: string) => JSON.parse(read(path))

/** Instructions and descriptions beyond this are cut by the client. */
const maxText = 2_000

interface Hook {
  readonly type: string
  readonly server?: string
  readonly tool?: string
}

const hooksOf = (file: {
  readonly hooks: Record<string, ReadonlyArray<{ readonly hooks: ReadonlyArray<Hook> }>>
}) => Object.values(file.hooks).flatMap((entries) => entries.flatMap(({ hooks }) => hooks))

const listed = (folder: string): ReadonlyArray<string> => (existsSync(folder) ? readdirSync(folder) : [])

// What the client does not look at.

const manifest = await checks.check("plugin.json can be read", () =>
  readJson("plugin/.claude-plugin/plugin.json")
)
const marketplace = await checks.check("marketplace.json can be read", () =>
  readJson(".claude-plugin/marketplace.json")
)

await checks.check("the marketplace has one plugin, cc-dm, and its folder is there", () => {
  const [entry, ...others] = marketplace.plugins
  expect(marketplace.name === "cc-dm-marketplace", `the marketplace is called ${marketplace.name}`)
  expect(entry?.name === manifest.name && others.length === 0, "it lists something else")
  expect(
    existsSync(join(root, entry.source, ".claude-plugin/plugin.json")),
    `${entry.source} holds no plugin`
  )
  expect(entry.version === undefined, "it gives a version, which belongs into plugin.json alone")
})

await checks.check("the versions agree", () => {
  const changelog = existsSync(join(root, "CHANGELOG.md"))
    ? (/^## \[?v?(\d[^\s\]]*)/m.exec(read("CHANGELOG.md"))?.[1] ?? "none")
    : undefined
  const versions = {
    "plugin.json": manifest.version,
    "Codex's plugin.json": readJson("plugin/.codex-plugin/plugin.json").version,
    "gemini-extension.json": readJson("gemini-extension.json").version,
    "package.json": readJson("package.json").version,
    ...(changelog === undefined ? {} : { "the top of CHANGELOG.md": changelog })
  }
  expect(new Set(Object.values(versions)).size === 1, JSON.stringify(versions))
})

await checks.check("every file lies where the client looks for it", () => {
  const strays = listed(join(plugin, ".claude-plugin")).filter(
    (file) => !/^(plugin\.json|icon\.png)$/.test(file)
  )
  expect(strays.length === 0, `.claude-plugin holds ${strays.join(", ")} besides`)
  expect(existsSync(join(plugin, "hooks/hooks.json")), "there is no hooks/hooks.json")
  expect(!existsSync(join(plugin, "CLAUDE.md")), "a CLAUDE.md in a plugin is never read")
  const links = readdirSync(plugin, { recursive: true, encoding: "utf8" }).filter((path) =>
    lstatSync(join(plugin, path)).isSymbolicLink()
  )
  expect(links.length === 0, `links are not kept: ${links.join(", ")}`)
  for (const program of listed(join(plugin, "bin")))
    expect((lstatSync(join(plugin, "bin", program)).mode & 0o111) === 0o111, `bin/${program} can't be run`)
})

await checks.check("the skills have a name and a description, and stand at the top too", () => {
  expect(
    realpathSync(join(root, "skills")) === join(realpathSync(plugin), "skills"),
    "skills leads elsewhere"
  )
  for (const skill of listed(join(plugin, "skills"))) {
    const header = /^---\n([\s\S]*?)\n---\n/.exec(read(`plugin/skills/${skill}/SKILL.md`))?.[1] ?? ""
    expect(header.split("\n").includes(`name: ${skill}`), `${skill} is called something else in its file`)
    expect(/^description: \S/m.test(header), `${skill} has no description`)
    // The client shows the model `&lt;` for it.
    expect(!/[<>]/.test(header), `${skill} has an angle bracket in its header`)
  }
})

await checks.check("every channel is one of the plugin's servers", () => {
  for (const { server } of manifest.channels)
    expect(server in manifest.mcpServers, `there is no server ${server}`)
  expect(manifest.channels.length > 0, "there is no channel")
})

const program = await checks.check("the client is there", installClient)

if (program !== undefined) {
  const user = await makeScratchUser(program)
  try {
    const offer = await checks.check("the server answers", () => askServer(plugin, user))

    await checks.check("every hook calls a tool that the server has", () => {
      const tools = offer?.tools.map(({ name }) => name) ?? []
      const servers = Object.keys(manifest.mcpServers).map((server) => `plugin:${manifest.name}:${server}`)
      for (const { server = "", tool = "", type } of hooksOf(readJson("plugin/hooks/hooks.json"))) {
        expect(type === "mcp_tool", `a hook of type ${type}`)
        expect(servers.includes(server), `no server is called ${server}`)
        expect(tools.includes(tool), `the server has no tool ${tool}, only ${tools.join(", ")}`)
      }
    })

    await checks.check("what the model is told is not too long, and every input is an object", () => {
      const { instructions = "", tools = [] } = offer ?? {}
      expect(instructions.length < maxText, `the instructions have ${instructions.length} characters`)
      for (const { description, inputSchema, name } of tools) {
        expect(description.length < maxText, `${name}: the description has ${description.length} characters`)
        expect(inputSchema.type === "object", `${name}: the client would drop every tool of the server`)
      }
    })

    const validate = (title: string, ...args: ReadonlyArray<string>) =>
      checks.check(title, async () => {
        const outcome = await user.claude("plugin", "validate", "--strict", ...args)
        expect(outcome.code === 0, said(outcome))
      })
    await validate("plugin validate --strict --profile directory plugin", "--profile", "directory", plugin)
    // Not the whole folder: its hooks are those of Gemini CLI, whose extension the repository is, too.
    await validate(
      "plugin validate --strict of the marketplace",
      join(root, ".claude-plugin/marketplace.json")
    )
  } finally {
    user.remove()
  }

  await checkInstall(checks, program, { title: "the checkout", marketplace: root })

  if (existsSync(join(root, ".git"))) {
    // What users type, with the network's place taken by a clone of what is committed.
    const scratch = mkdtempSync(join(tmpdir(), "cc-dm-remote-"))
    const remote = join(scratch, "cc-dm.git")
    await checkInstall(checks, program, {
      title: "owner/cc-dm at the last commit",
      marketplace: "owner/cc-dm",
      prepare: async ({ env, home }) => {
        writeFileSync(
          join(home, ".gitconfig"),
          `[safe]\n\tdirectory = *\n[url "file://${remote}"]\n\tinsteadOf = https://github.com/owner/${basename(remote)}\n\tinsteadOf = git@github.com:owner/${basename(remote)}\n`
        )
        await mustRun(["git", "clone", "--quiet", "--bare", root, remote], { env })
      }
    })
    rmSync(scratch, { recursive: true })
  } else checks.skip("the install from owner/cc-dm", "this is no git checkout")
}

checks.summary("the plugin")
