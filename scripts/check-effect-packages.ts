/**
 * Says whether a version of @effect/sql-sqlite-bun is out that serves the Effect that this project uses (docs/decisions/0002). It asks the
 * npm registry with `npm view`, and always ends with exit code 0: that a better package is there is news, not a fault.
 * On GitHub the answer is a notice. `bun scripts/check-effect-packages.ts`
 */
import effect from "../node_modules/effect/package.json" with { type: "json" }
import { run } from "./support/run.ts"

const name = "@effect/sql-sqlite-bun"

/** The newest version that was tried and does not serve, although its range says so. */
const tried = "4.0.0-beta.103"

/** What a version of the package wants of Effect, as `npm view` tells it. */
export interface Candidate {
  readonly version: string
  readonly wants: string | undefined
}

const accepts = (range: string | undefined, version: string) =>
  range !== undefined && Bun.semver.satisfies(version, range)

/** The newest of the versions that may serve this Effect: it is newer than what was tried, and accepts it. `undefined`: there is none. */
export const servingVersion = (candidates: ReadonlyArray<Candidate>, effect: string): string | undefined =>
  candidates
    .filter(({ version, wants }) => Bun.semver.order(version, tried) > 0 && accepts(wants, effect))
    .map(({ version }) => version)
    .sort(Bun.semver.order)
    .at(-1)

const view = async (what: ReadonlyArray<string>): Promise<unknown> => {
  const { code, stderr, stdout } = await run(["npm", "view", ...what, "--json"], { seconds: 60 })
  if (code !== 0) throw new Error(stderr.split("\n")[0])
  return JSON.parse(stdout === "" ? "null" : stdout)
}

const candidates = async (): Promise<ReadonlyArray<Candidate>> => {
  const versions = await view([name, "versions"])
  const fourth = (Array.isArray(versions) ? versions : [versions]).filter(
    (version): version is string => typeof version === "string" && version.startsWith("4.")
  )
  // Only the last ones: an older one that served would have been seen by now.
  return Promise.all(
    fourth.slice(-3).map(async (version) => {
      const wants = await view([`${name}@${version}`, "peerDependencies.effect"])
      return { version, wants: typeof wants === "string" ? wants : undefined }
    })
  )
}

const say = (sentence: string) =>
  console.log(process.env["GITHUB_ACTIONS"] === "true" ? `::notice title=${name}::${sentence}` : sentence)

if (import.meta.main) {
  try {
    const found = await candidates()
    const serving = servingVersion(found, effect.version)
    say(
      serving === undefined
        ? `No version serves effect ${effect.version} yet. The newest is ${found.at(-1)?.version ?? "none of 4.x"}.`
        : `Version ${serving} accepts effect ${effect.version}: try it. docs/decisions/0002 says what it must do.`
    )
  } catch (error) {
    say(`npm did not say which versions there are: ${error instanceof Error ? error.message : error}`)
  }
}
