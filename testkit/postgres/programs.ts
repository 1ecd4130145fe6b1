/** PostgreSQL's programs on this machine, and the user that may run them. Without them the tests are skipped, and say why. */
import { existsSync, readdirSync } from "node:fs"
import { delimiter, join } from "node:path"
import { refusal } from "../refusal.ts"

const needed = ["initdb", "postgres", "pg_ctl", "pg_basebackup", "psql"]

/** Debian keeps a server's programs off the PATH, in a folder for each version; Homebrew does it for all but one. */
const homes = [
  ["/usr/lib/postgresql", "bin"],
  ["/opt/homebrew/opt", "bin"],
  ["/usr/local/opt", "bin"]
] as const

const foldersIn = ([home, bin]: (typeof homes)[number]): ReadonlyArray<string> =>
  existsSync(home)
    ? readdirSync(home)
        .filter((name) => /^(\d+|postgresql(@\d+)?)$/.test(name))
        .sort((one, other) => other.localeCompare(one, "en", { numeric: true }))
        .map((name) => join(home, name, bin))
    : []

/** All come from one folder: those of two versions don't work together. */
const folder = [...(process.env["PATH"] ?? "").split(delimiter), ...homes.flatMap(foldersIn)].find((bin) =>
  needed.every((program) => existsSync(join(bin, program)))
)

/** The user to run as where this is root, whom PostgreSQL refuses. */
const lesserUser = ["postgres", "nobody"].find((user) => refusal("id", "-u", user) === undefined)

const mayRun = (): string | undefined => {
  if (folder === undefined) return `one of ${needed.join(", ")} is missing`
  if (process.getuid?.() === 0 && lesserUser === undefined) return "root has no user to run it as"
  return refusal(...asServerUser("true")) ?? refusal("openssl", "version") ?? refusal("ps", "-A")
}

/** A command as the user that the servers run as. The process that is started is the program itself. */
export const asServerUser = (program: string, ...args: ReadonlyArray<string>): [string, ...Array<string>] =>
  process.getuid?.() === 0 && lesserUser !== undefined
    ? [
        "setpriv",
        `--reuid=${lesserUser}`,
        `--regid=${groupOf(lesserUser)}`,
        "--clear-groups",
        program,
        ...args
      ]
    : [program, ...args]

const groupOf = (user: string) => Bun.spawnSync(["id", "-g", user]).stdout.toString().trim()

/** Why no server can be run here; nothing where one can. */
export const reasonAgainstPostgres = mayRun()

/** The folder of PostgreSQL's programs; nothing where no server can be run. */
export const postgresPrograms = reasonAgainstPostgres === undefined ? folder : undefined

/** The path of one of PostgreSQL's programs. */
export const programOf = (name: string): string => {
  if (postgresPrograms === undefined) throw new Error(`no PostgreSQL: ${reasonAgainstPostgres}`)
  return join(postgresPrograms, name)
}
