/** Disks of a test's own: full, small, or read-only. Only root may mount; elsewhere the tests are skipped, and say why. */
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Effect } from "effect"
import { refusal } from "../../testkit/refusal.ts"
import { where } from "./where.ts"

const run = (program: string, ...args: ReadonlyArray<string>) => {
  const why = refusal(program, ...args)
  if (why !== undefined) throw new Error(`${program} ${args.join(" ")}: ${why}`)
}

const makeFolder = () => mkdtempSync(join(tmpdir(), "ccdm-"))

const unmount = (folder: string) => {
  // One may be mounted over another.
  while (refusal("umount", "-l", folder) === undefined);
  rmSync(folder, { recursive: true, force: true })
}

/** A disk in memory, of some KiB. */
export const smallDisk = (kib: number) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const folder = makeFolder()
      run("mount", "-t", "tmpfs", "-o", `size=${kib}k,mode=700`, "none", folder)
      return folder
    }),
    (folder) => Effect.sync(() => unmount(folder))
  )

/** A disk in a file, whose file system turns read-only as after an error of the disk. */
export const brittleDisk = Effect.acquireRelease(
  Effect.sync(() => {
    const folder = makeFolder()
    const image = `${folder}.img`
    run("truncate", "-s", "8M", image)
    run("mkfs.ext4", "-q", "-F", "-E", "root_owner", image)
    run("mount", "-o", "loop", image, folder)
    return {
      folder,
      break: Effect.sync(() => run("mount", "-o", "remount,abort", folder)),
      umount: () => {
        unmount(folder)
        rmSync(image, { force: true })
      }
    }
  }),
  ({ umount }) => Effect.sync(umount)
)

/** A folder whose files are open to everybody, whatever is done about it, as on FAT or in a folder that is shared with another system. */
export const openFolder = (above: "open" | "closed") =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const files = makeFolder()
      const outer = makeFolder()
      const folder = join(outer, "home")
      chmodSync(outer, above === "open" ? 0o755 : 0o700)
      mkdirSync(folder)
      run("bindfs", "--chmod-ignore", "-p", "0755", files, folder)
      return { files, folder, outer }
    }),
    ({ files, folder, outer }) =>
      Effect.sync(() => {
        unmount(folder)
        for (const made of [files, outer]) rmSync(made, { recursive: true, force: true })
      })
  ).pipe(Effect.map(({ folder }) => folder))

/** What keeps this machine from mounting a disk of a kind; nothing where it may. */
const reasonAgainst = (make: Effect.Effect<unknown, never, import("effect").Scope.Scope>) => {
  try {
    Effect.runSync(Effect.scoped(make))
    return undefined
  } catch (cause) {
    return cause instanceof Error ? cause.message : String(cause)
  }
}

export const onSmallDisk = where("no disk can be mounted here", reasonAgainst(smallDisk(64)))
export const onOpenFolder = where("there is no bindfs", reasonAgainst(openFolder("open")))
export const onBrittleDisk = where("no ext4 can be mounted here", reasonAgainst(brittleDisk))

const fakeTimeFiles = [
  "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1",
  "/usr/lib/aarch64-linux-gnu/faketime/libfaketime.so.1",
  "/usr/lib/faketime/libfaketime.so.1"
]

/** The library that lies about the time, where it is there (`apt-get install faketime`). */
export const fakeTime = fakeTimeFiles.find((file) => existsSync(file))
export const withFakeTime = where(
  "the clock can't be moved",
  fakeTime === undefined ? "there is no libfaketime" : undefined
)
