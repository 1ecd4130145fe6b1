/**
 * `cc-dm status`, the usual way: it is run every few seconds, and before each prompt of a shell, so it loads no more than it needs.
 * `start.ts` loads it. What it does not know, such as a bus in PostgreSQL, a file of an older version or a wrong flag, goes to the
 * command line, which has the same command.
 */
import { busPaths, status as fileAt } from "../bus/engine/sqlite/BusPaths.ts"
import { glance, type Read } from "../bus/engine/sqlite/Glance.ts"
import { selectAllAsked, selectAskedOf, selectPresent, selectWaitingFor } from "../bus/roster/StatusRows.ts"
import { environment } from "../platform/Environment.ts"
import { homeOf } from "../platform/Home.ts"
import { builtFile } from "../platform/Programs.ts"
import { defaultTiming } from "../settings/Timing.ts"
import { optionsIn } from "./Arguments.ts"
import { type Asker, askerOf } from "./Asker.ts"
import { emptyStatus, mine, type Status, statusOf } from "./Status.ts"
import { printed } from "./StatusLine.ts"

const iso = (time: number) => new Date(time).toISOString()

const readStatus =
  (asker: Asker) =>
  (read: Read): Status => {
    const time = Date.now()
    const now = iso(time)
    const rows = read(selectPresent, {
      conversation: asker.kind === "session" ? asker.conversation : "",
      freshSince: iso(time - defaultTiming.lease)
    })
    const me = mine(rows, asker)
    const countOf = (counted: ReadonlyArray<{ readonly count: number }>) => counted[0]?.count ?? 0
    return statusOf(rows, asker, me, {
      waiting:
        me === undefined
          ? 0
          : countOf(
              read(selectWaitingFor, { id: me.id, now, oldest: iso(time - defaultTiming.messageLife) })
            ),
      requests:
        asker.kind === "person"
          ? countOf(read(selectAllAsked, { now }))
          : me === undefined
            ? 0
            : countOf(read(selectAskedOf, { id: me.id, now }))
    })
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
