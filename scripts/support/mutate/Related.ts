/** Which tests could notice a change of a file. */
import { existsSync, readFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { Glob } from "bun"
import { root } from "./Mutation.ts"

/** Runs the built files: a test that imports it is not told of a change of `src` by its imports. */
const servers = "testkit/host/ClaudeCode.ts"

/** The tests that run the built files, for each room: those of the longest path that fits. Folders end in a slash. */
const builtTests: Readonly<Record<string, ReadonlyArray<string>>> = {
  "src/": ["test/process/host.test.ts", "test/process/life.test.ts", "test/protocol/"],
  "src/bus/": ["test/process/crowd.test.ts", "test/process/faults.test.ts", "test/cli/talk.test.ts"],
  "src/bus/engine/postgres/": ["test/postgres/"],
  "src/bus/engine/": [
    "test/process/folder.test.ts",
    "test/process/disk.test.ts",
    "test/process/upgrade.test.ts"
  ],
  "src/bus/roster/": ["test/process/roster.test.ts", "test/process/resume.test.ts"],
  "src/cli/": ["test/cli/"],
  "src/cli/doctor/": ["test/cli/doctor.test.ts", "test/process/folder.test.ts"],
  "src/cli/watch/": ["test/cli/watch.test.ts"],
  "src/hosts/": ["test/process/routes.test.ts", "test/process/host.test.ts", "test/process/nested.test.ts"],
  "src/mcp/": ["test/protocol/", "test/process/roster.test.ts"],
  "src/session/": ["test/protocol/", "test/process/roster.test.ts", "test/process/resume.test.ts"],
  "src/session/inbound/": ["test/process/routes.test.ts", "test/process/messages.test.ts"],
  "src/session/routes/": ["test/process/routes.test.ts", "test/process/seen.test.ts"]
}

if (!existsSync(join(root, servers)))
  throw new Error(`${servers} is gone; Related.ts has to name what starts servers`)

const read = (file: string): string => readFileSync(join(root, file), "utf8")

/** The files of this project that a file imports. */
const importsOf = (file: string): ReadonlyArray<string> =>
  [...read(file).matchAll(/(?:from|import) "(\.[^"]+)"|import\("(\.[^"]+)"\)/g)]
    .map((match) => join(dirname(file), match[1] ?? match[2] ?? ""))
    .filter((name) => existsSync(join(root, name)))

/** How many imports lie between a test and each file that it runs in its own process. */
const distancesFrom = (test: string): ReadonlyMap<string, number> => {
  const distances = new Map([[test, 0]])
  // A map goes on to what is added while it is walked.
  for (const [file, distance] of distances)
    for (const name of importsOf(file)) if (!distances.has(name)) distances.set(name, distance + 1)
  return distances
}

const testFiles = [...new Glob("test/**/*.test.ts").scanSync(root)].sort()
const distances = new Map(testFiles.map((test) => [test, distancesFrom(test)]))

/** Whether a test runs the built files. */
export const isBuiltTest = (test: string): boolean => distances.get(test)?.has(servers) ?? true

export const exists = (test: string): boolean => testFiles.includes(test)

/** The folder under `src` or `test` that a file belongs to. */
export const roomOf = (file: string): string => file.split("/")[1] ?? ""

/** The tests that run a file in their own process: those of its room first, and of these the nearest. */
export const nearTests = (file: string): ReadonlyArray<string> =>
  testFiles
    .filter((test) => !isBuiltTest(test) && distances.get(test)?.has(file))
    .map((test) => ({
      test,
      far: (roomOf(test) === roomOf(file) ? 0 : 100) + (distances.get(test)?.get(file) ?? 0)
    }))
    .sort((one, other) => one.far - other.far)
    .map(({ test }) => test)

/** The tests that run what is built of a file. */
export const farTests = (file: string): ReadonlyArray<string> => {
  const room = Object.keys(builtTests)
    .filter((prefix) => file.startsWith(prefix))
    .sort((one, other) => other.length - one.length)[0]
  return (builtTests[room ?? ""] ?? []).flatMap((name) =>
    testFiles.filter(
      (test) => isBuiltTest(test) && (name.endsWith("/") ? test.startsWith(name) : test === name)
    )
  )
}
