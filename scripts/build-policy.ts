/** Builds the policy library into lib/: one JavaScript file beside `effect`, and the declarations. */
import { readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"

const root = join(import.meta.dir, "..")
const lib = join(root, "lib")

rmSync(lib, { recursive: true, force: true })

await Bun.build({
  entrypoints: [join(root, "src/policy/index.ts")],
  outdir: join(lib, "policy"),
  target: "node",
  external: ["effect", "effect/*"],
  throw: true
})

const compiler = Bun.spawnSync(
  [
    process.execPath,
    join(root, "node_modules/typescript/bin/tsc"),
    "--project",
    join(root, "scripts/policy.tsconfig.json")
  ],
  { stdout: "inherit", stderr: "inherit" }
)
if (!compiler.success) process.exit(1)

// The sources import each other as .ts; declarations stand beside .js as far as a consumer's compiler knows.
for (const file of new Bun.Glob("**/*.d.ts").scanSync(lib)) {
  const path = join(lib, file)
  writeFileSync(path, readFileSync(path, "utf8").replace(/((?:from |import\()"\.[^"]*)\.ts"/g, '$1.js"'))
}

// stdout belongs to `npm pack`, which runs this.
console.error("lib/policy is built")
