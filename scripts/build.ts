/**
 * Builds the server, the command line, its live view and the demo, one file each, into plugin/dist. What knows
 * PostgreSQL is built apart, so that nobody else loads it. `--check` builds elsewhere and compares instead.
 */
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { BunPlugin } from "bun"

const root = join(import.meta.dir, "..")
const dist = join(root, "plugin/dist")

/** The files, and what they are made of. */
const files = {
  "cc-dm.js": "src/start.ts",
  "cc-dm-server.js": "src/main.ts",
  "cc-dm-postgres.js": "src/main.ts",
  "cc-dm-cli.js": "src/cli/main.ts",
  "cc-dm-cli-postgres.js": "src/cli/main.ts",
  "cc-dm-watch.js": "src/cli/watch/View.tsx",
  "cc-dm-demo.js": "demo/main.ts"
}

/**
 * The SDK's server brings a JSON Schema validator for answers to questions that this server never asks. The
 * server is given another one (src/mcp/McpServer.ts); leaving the SDK's out makes the file a quarter smaller and
 * the start a tenth shorter.
 */
const withoutValidator: BunPlugin = {
  name: "without-validator",
  setup: (build) => {
    build.onLoad({ filter: /sdk.dist.esm.validation.ajv-provider\.js$/ }, () => ({
      contents: "export class AjvJsonSchemaValidator {}",
      loader: "js"
    }))
  }
}

/** The command line loads the view when `watch` is called, from the file beside it. */
const viewApart: BunPlugin = {
  name: "view-apart",
  setup: (build) => {
    build.onResolve({ filter: /\/watch\/View\.tsx$/ }, ({ kind }) =>
      kind === "dynamic-import" ? { path: "./cc-dm-watch.js", external: true } : undefined
    )
  }
}

/** Without PostgreSQL: who asks for it is handed over to the file that has it. */
const fileOnly: BunPlugin = {
  name: "file-only",
  setup: (build) => {
    build.onResolve({ filter: /\/postgres\/\w+\.ts$/ }, ({ kind, path }) =>
      kind === "dynamic-import" ? { path, external: true } : undefined
    )
  }
}

/** Ink's debugger is a package of its own that is not installed. */
const withoutDevtools: BunPlugin = {
  name: "without-devtools",
  setup: (build) => {
    build.onLoad({ filter: /ink.build.devtools\.js$/ }, () => ({ contents: "export {}", loader: "js" }))
  }
}

const build = async (outdir: string, name: string, entry: string) => {
  const engines = name.endsWith("-postgres.js") ? "file and postgres" : "file"
  const result = await Bun.build({
    entrypoints: [join(root, entry)],
    outdir,
    naming: name,
    target: "bun",
    plugins: [withoutValidator, viewApart, withoutDevtools, ...(engines === "file" ? [fileOnly] : [])],
    // Libraries choose by these when they are built, not when they run on somebody's machine.
    define: {
      "process.env.NODE_ENV": '"production"',
      "process.env.DEV": '"false"',
      "process.env.CC_DM_ENGINES": JSON.stringify(engines)
    },
    minify: { whitespace: true, syntax: true, identifiers: true },
    banner: "// Built from src/ by `bun run build`: do not edit.",
    throw: true
  })
  return result.outputs[0]!.size
}

if (process.argv.includes("--check")) {
  const scratch = mkdtempSync(join(tmpdir(), "cc-dm-build-"))
  let same = true
  for (const [name, entry] of Object.entries(files)) {
    await build(scratch, name, entry)
    same &&= readFileSync(join(scratch, name)).equals(readFileSync(join(dist, name)))
  }
  rmSync(scratch, { recursive: true })
  console.log(
    same ? "plugin/dist is what src builds to" : "plugin/dist is stale: run `bun run build` and commit it"
  )
  process.exitCode = same ? 0 : 1
} else {
  for (const [name, entry] of Object.entries(files)) {
    const size = await build(dist, name, entry)
    console.log(`plugin/dist/${name}: ${(size / 1024).toFixed(0)} KiB`)
  }
}
