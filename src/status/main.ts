/**
 * `cc-dm status`, the usual way: it is run every few seconds, and before each prompt of a shell, so it loads no more than it needs.
 * `start.ts` loads it. What it does not know, such as a bus in PostgreSQL, a file of an older version or a wrong flag, goes to the
 * command line, which has the same command.
 */
import { busPaths, status as fileAt } from "../bus/engine/sqlite/BusPaths.ts"
import { glance, type Read } from "../bus/engine/sqlite/Glance.ts"
import { selectCounts, selectPresent } from "../bus/roster/StatusRows.ts"
import { environment } from "../platform/Environment.ts"
import { homeOf } from "../platform/Home.ts"
import { builtFile } from "../platform/Programs.ts"
import { defaultTiming } from "../settings/Timing.ts"
import { optionsIn } from "./Arguments.ts"
import { type Asker, askerOf } from "./Asker.ts"
import { countsFor, emptyStatus, presentFor, type Status, statusOf } from "./Status.ts"
import { printed } from "./StatusLine.ts"

const readStatus =
  (asker: Asker) =>
  (read: Read): Status => {
    const now = Date.now()
    const rows = read(selectPresent, presentFor(asker, defaultTiming, now))
    return statusOf(rows, asker, read(selectCounts, countsFor(rows, asker, defaultTiming, now)))
  }

/** Whether the bus may stand elsewhere than in the usual file. */
const isElsewhere = (home: string) =>
  (environment["CC_DM_BUS_URL"] ?? "").trim() !== "" || fileAt(`${home}/.cc-dm/config.json`) !== undefined

/** The line to print; `undefined`: the command line is to say it. */
const say = async (): Promise<string | undefined> => {
  const options = optionsIn(process.argv.slice(3))
  const home = homeOf(environment["HOME"]) ?? ""
  if (options === undefined || isElsewhere(home)) return undefined
  const asker = await askerOf(options.name)
  try {
    const status = glance(busPaths(`${home}/.cc-dm`), readStatus(asker))
    return printed(status ?? emptyStatus("none", asker.kind), options)
  } catch {
    return undefined
  }
}

const line = await say()
if (line === undefined) await import(builtFile("cc-dm-cli.js"))
else process.stdout.write(`${line}\n`, () => process.exit(0))
