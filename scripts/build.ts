/** Builds the server into one file, plugin/dist/cc-dm.js. `--check` builds elsewhere and compares instead. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { BunPlugin } from "bun"

const root = join(import.meta.dir, "..")
const built = join(root, "plugin/dist/cc-dm.js")

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

const build = async (outdir: string) => {
  const result = await Bun.build({
    entrypoints: [join(root, "src/main.ts")],
    outdir,
    naming: "cc-dm.js",
    target: "bun",
    plugins: [withoutValidator],
    minify: { whitespace: true, syntax: true, identifiers: true },
    banner: "// Built from src/ by `bun run build`: do not edit.",
    throw: true
  })
  return result.outputs[0]!.size
}

if (process.argv.includes("--check")) {
  const scratch = mkdtempSync(join(tmpdir(), "cc-dm-build-"))
  await build(scratch)
  const same = readFileSync(join(scratch, "cc-dm.js")).equals(readFileSync(built))
  rmSync(scratch, { recursive: true })
  console.log(
    same ? "plugin/dist is what src builds to" : "plugin/dist is stale: run `bun run build` and commit it"
  )
  process.exitCode = same ? 0 : 1
} else {
  const size = await build(join(root, "plugin/dist"))
  console.log(`plugin/dist/cc-dm.js: ${(size / 1024).toFixed(0)} KiB`)
}
