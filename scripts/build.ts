/**
 * Builds one file each into plugin/dist: the server, the command line, its live view, what edits the files of agents, the page of an export,
 * zod for messages that are not plain, and the demo. Builds the plugins of other agents into plugin/agents, and the notices of what others
 * wrote in all of them. What knows PostgreSQL is built apart, so that nobody else loads it. `--check [FOLDER]` builds elsewhere and compares
 * with the plugin, or with a copy of it.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { BunPlugin } from "bun"
import { leanSdk, replaced } from "./support/LeanSdk.ts"
import { type Metafile, noticesOf, strangersIn } from "./support/Notices.ts"
import { schemasMadeBefore } from "./support/ObjectSchemas.ts"

const root = join(import.meta.dir, "..")

/** Beside the files, in the plugin and in the npm package. */
const notices = "THIRD-PARTY-NOTICES.txt"

/** The files, and what they are made of. */
const files = {
  "cc-dm.js": "src/start.ts",
  "cc-dm-server.js": "src/main.ts",
  "cc-dm-postgres.js": "src/main.ts",
  "cc-dm-hook.js": "src/hook/main.ts",
  "cc-dm-status.js": "src/status/main.ts",
  "cc-dm-cli.js": "src/cli/main.ts",
  "cc-dm-cli-postgres.js": "src/cli/main.ts",
  "cc-dm-watch.js": "src/cli/watch/View.tsx",
  "cc-dm-install.js": "src/cli/install/Editing.ts",
  "cc-dm-page.js": "src/cli/export/Page.ts",
  "cc-dm-zod.js": "src/mcp/Zod.ts",
  "cc-dm-demo.js": "demo/main.ts"
}

/**
 * What has its bytecode beside it, so that Bun need not parse it (docs/decisions/0008-bytecode.md), down to functions this deep: the rest is
 * a fifth of the bytecode, and saves 1 ms.
 */
const withBytecode = ["cc-dm-server.js", "cc-dm-cli.js"]
const bytecodeDepth = 3

/** Plugins that run within other agents, in the runtime of the agent: they ask for nothing but what Node has, and what it supplies. */
const plugins = {
  "copilot/extension.mjs": "src/agents/copilot.ts",
  "opencode.js": "src/agents/opencode.ts",
  "pi.js": "src/agents/pi.ts"
}

/** What agents supply to their plugins. */
const supplied = ["@github/copilot-sdk/extension"]

/** What the command line loads when a command needs it, from a file beside it: the view of `watch`, the parsers of `install`, and the page of `export`. */
const loadedLate: BunPlugin = {
  name: "loaded-late",
  setup: (build) => {
    for (const [filter, path] of [
      [/\/watch\/View\.tsx$/, "./cc-dm-watch.js"],
      [/\/Editing\.ts$/, "./cc-dm-install.js"],
      [/\/export\/Page\.ts$/, "./cc-dm-page.js"]
    ] as const)
      build.onResolve({ filter }, ({ kind }) =>
        kind === "dynamic-import" ? { path, external: true } : undefined
      )
  }
}

/** Without PostgreSQL: who asks for it is handed over to the file that has it. */
const fileOnly: BunPlugin = {
  name: "file-only",
  setup: (build) => {
    build.onResolve({ filter: /\/postgres\/\w+\.ts$/ }, ({ kind, path }) =>
      // Never loaded, but nothing may name a file outside of the plugin.
      kind === "dynamic-import" ? { path: `./${path.split("/").at(-1)}`, external: true } : undefined
    )
  }
}

/** Replaces texts of which each stands once in a file of Effect's. */
const changing = (
  name: string,
  filter: RegExp,
  changes: ReadonlyArray<readonly [from: string, to: string]>
): BunPlugin => ({
  name,
  setup: (build) => {
    build.onLoad({ filter }, async ({ path }) => ({
      contents: changes.reduce((text, [from, to]) => replaced(text, from, to), await Bun.file(path).text()),
      loader: "js"
    }))
  }
})

/** Bytecode is of CommonJS, which has no `import.meta`. Effect asks that for variables which Bun has in `process.env` as well. */
const withoutImportMeta = changing("without-import-meta", /effect.dist.ConfigProvider\.js$/, [
  ["...import.meta?.env", ""]
])

/**
 * Two things that Effect's fibers do for others. They carry along what `AsyncLocalStorage` holds, which nobody here uses: its module takes 2 ms to
 * load, and each fork and each wait makes an object of it. And they call what `Effect.map` is given by way of another function, by
 * which a stack trace shows where Effect begins: nobody reads one here, and each map makes that function anew.
 */
const plainFibers = changing("plain-fibers", /effect.dist.internal.effect\.js$/, [
  ['globalThis.process?.getBuiltinModule?.("node:async_hooks")?.AsyncResource', "undefined"],
  ["const continuationMarksStack = /*#__PURE__*/(() => {", "const continuationMarksStack = true || (() => {"]
])

/** Ink's debugger is a package of its own that is not installed. */
const withoutDevtools: BunPlugin = {
  name: "without-devtools",
  setup: (build) => {
    build.onLoad({ filter: /ink.build.devtools\.js$/ }, () => ({ contents: "export {}", loader: "js" }))
  }
}

const build = async (
  outdir: string,
  name: string,
  entry: string,
  target: "bun" | "node" = "bun"
): Promise<Metafile> => {
  const isFast = withBytecode.includes(name)
  const engines = name.endsWith("-postgres.js") ? "file and postgres" : "file"
  const result = await Bun.build({
    entrypoints: [join(root, entry)],
    root,
    outdir,
    naming: name,
    target,
    external: target === "node" ? supplied : [],
    metafile: true,
    plugins: [
      leanSdk,
      loadedLate,
      schemasMadeBefore,
      plainFibers,
      withoutDevtools,
      ...(engines === "file" ? [fileOnly] : []),
      ...(isFast ? [withoutImportMeta] : [])
    ],
    ...(isFast ? { format: "cjs", bytecode: true, bytecodeDepth } : {}),
    // Libraries choose by these when they are built, not when they run on somebody's machine.
    define: {
      "process.env.NODE_ENV": '"production"',
      "process.env.DEV": '"false"',
      "process.env.CC_DM_ENGINES": JSON.stringify(engines)
    },
    minify: { whitespace: true, syntax: true, identifiers: true },
    banner: "// Built from src/ by `bun run build`: do not edit. Licences of others: THIRD-PARTY-NOTICES.txt",
    throw: true
  })
  // Bun leaves it out without a word if the file can't be CommonJS.
  if (isFast && !result.outputs.some(({ kind }) => kind === "bytecode"))
    throw new Error(`${name} got no bytecode: is there import.meta or an await outside of functions?`)
  // What is built is the same on every machine, and says nothing of the one that built it.
  if (readFileSync(join(outdir, name), "utf8").includes(root))
    throw new Error(`${name} holds the path of this checkout: import.meta.dir becomes that in CommonJS`)
  const strangers = strangersIn(readFileSync(join(outdir, name), "utf8")).filter(
    (path) => target === "bun" || !supplied.includes(path)
  )
  if (strangers.length > 0) throw new Error(`${name} asks for ${strangers.join(", ")}`)
  return result.metafile as Metafile
}

/** Builds all into a plugin's folder. */
const buildAll = async (plugin: string) => {
  const metafiles: Array<Metafile> = []
  for (const [name, entry] of Object.entries(files))
    metafiles.push(await build(join(plugin, "dist"), name, entry))
  for (const [name, entry] of Object.entries(plugins))
    metafiles.push(await build(join(plugin, "agents"), name, entry, "node"))
  writeFileSync(join(plugin, notices), noticesOf(root, metafiles))
}

const built = [
  notices,
  ...Object.keys(files).map((name) => `dist/${name}`),
  ...withBytecode.map((name) => `dist/${name}.jsc`),
  ...Object.keys(plugins).map((name) => `agents/${name}`)
]

const [mode, folder = join(root, "plugin")] = process.argv.slice(2)
if (mode === "--check") {
  const scratch = mkdtempSync(join(tmpdir(), "cc-dm-build-"))
  await buildAll(scratch)
  const stale = built.filter(
    (name) =>
      !existsSync(join(folder, name)) ||
      !readFileSync(join(scratch, name)).equals(readFileSync(join(folder, name)))
  )
  rmSync(scratch, { recursive: true })
  console.log(
    stale.length === 0
      ? "plugin/dist and plugin/agents are what src builds to, and so are the notices"
      : `stale: ${stale.join(", ")}. Run \`bun run build\` and commit them`
  )
  process.exitCode = stale.length === 0 ? 0 : 1
} else {
  await buildAll(folder)
  for (const name of built)
    console.log(`plugin/${name}: ${(readFileSync(join(folder, name)).length / 1024).toFixed(0)} KiB`)
}
