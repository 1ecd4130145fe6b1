/**
 * What agents start: `~/.cc-dm/bin/cc-dm`, which runs the version in `~/.cc-dm/lib/current`. A plugin's own folder has its version in
 * its name, and goes with an update; these two names stay.
 */
import { Effect } from "effect"
import { secureFolder } from "../../bus/engine/sqlite/BusFolder.ts"
import { busPaths } from "../../bus/engine/sqlite/BusPaths.ts"
import { copyFiles, isThere, namesIn, pointTo, removeAll, sameFiles } from "../../platform/Folders.ts"
import { builtFile } from "../../platform/Programs.ts"
import { readWhole, removeEmptyFolders, replaceFile } from "../../platform/WholeFiles.ts"
import { version } from "../../version.ts"
import { failed } from "../Failure.ts"

/** What of an installation is needed to run it, and the notices of what others wrote in it. */
const parts = ["bin", "dist", "start", "agents", "THIRD-PARTY-NOTICES.txt", "UNICODE-LICENSE.txt"]

const script = `#!/bin/sh
# Runs the cc-dm that \`cc-dm install\` has put beside this file. \`cc-dm uninstall\` removes both.
set -eu
self=$0
while [ -L "$self" ]; do
  link=$(readlink "$self")
  case $link in
  /*) self=$link ;;
  *) self=$(dirname -- "$self")/$link ;;
  esac
done
here=$(CDPATH='' cd -- "$(dirname -- "$self")" && pwd -P)
# Programs that were not started from a shell often lack what its files add to the PATH.
command -v bun >/dev/null 2>&1 || PATH=$PATH:\${BUN_INSTALL:-\${HOME-}/.bun}/bin
export PATH
exec "\${here%/bin}/lib/current/bin/cc-dm" "$@"
`

/** Where all of it is, in the folder of cc-dm. */
export const placesIn = (folder: string) => ({
  launcher: `${folder}/bin/cc-dm`,
  lib: `${folder}/lib`,
  current: `${folder}/lib/current`,
  agents: `${folder}/lib/current/agents`
})

const isVersion = (name: string) => /^\d+\.\d+\.\d+/.test(name)

/** The newest version that is there. */
const newestIn = (names: ReadonlyArray<string>): string | undefined =>
  names.filter(isVersion).toSorted(Bun.semver.order).at(-1)

/** What stands there, and what is to. */
export interface Supply {
  /** The version that agents will run. */
  readonly version: string
  /** Where its files are now. */
  readonly from: string
  readonly isNews: boolean
}

/** This version, unless a newer one is there. */
export const supply = Effect.fn("supply")(function* (folder: string) {
  const { current, launcher, lib } = placesIn(folder)
  const own = builtFile("..")
  if (!(yield* isThere(`${own}/bin/cc-dm`)))
    return yield* failed("this cc-dm is not complete: run the command of the plugin or of the npm package")
  const newest = newestIn(yield* namesIn(lib))
  const keeps = newest !== undefined && Bun.semver.order(newest, version) > 0
  const chosen = keeps ? newest : version
  const from = keeps ? `${lib}/${newest}` : own
  const isWhole =
    (yield* sameFiles(from, `${lib}/${chosen}`, parts)) && (yield* sameFiles(from, current, parts))
  const written = yield* readWhole(launcher)
  return {
    version: chosen,
    from,
    isNews: !isWhole || written?.text !== script || (written.mode & 0o100) === 0
  } satisfies Supply
})

/** Puts the version and the launcher there, and removes older ones. A server that runs one of those goes on. */
export const provide = Effect.fn("provide")(function* (folder: string, chosen: Supply) {
  if (!chosen.isNews) return
  const { current, launcher, lib } = placesIn(folder)
  const paths = busPaths(folder)
  yield* secureFolder(paths, lib)
  yield* secureFolder(paths, `${folder}/bin`)
  const target = `${lib}/${chosen.version}`
  if (!(yield* sameFiles(chosen.from, target, parts))) yield* copyFiles(chosen.from, target, parts)
  yield* pointTo(current, chosen.version)
  const written = yield* readWhole(launcher)
  yield* replaceFile(launcher, script, written, 0o700)
  for (const name of yield* namesIn(lib))
    if (name !== chosen.version && name !== "current") yield* removeAll(`${lib}/${name}`)
})

/** Removes all of it, and the folder of cc-dm if nothing else is in it. */
export const withdraw = Effect.fn("withdraw")(function* (folder: string) {
  const { launcher, lib } = placesIn(folder)
  yield* removeAll(launcher)
  yield* removeAll(lib)
  yield* removeEmptyFolders([folder, `${folder}/bin`])
})
