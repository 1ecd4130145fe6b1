/**
 * What `BEGIN IMMEDIATE` and a lock wait are worth, for docs/decisions/0002: 8 processes on one file, each with 50 transactions that read
 * and then write. Says how many were lost. `bun scripts/measure-begin.ts`
 */
import { Database } from "bun:sqlite"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

const processes = 8
const transactions = 50

/** How a transaction begins, and how long SQLite waits for a lock, in milliseconds. */
const ways = [
  { begin: "BEGIN", wait: 0 },
  { begin: "BEGIN", wait: 5_000 },
  { begin: "BEGIN IMMEDIATE", wait: 0 },
  { begin: "BEGIN IMMEDIATE", wait: 5_000 }
] as const

/** Adds one to the counter, time after time, and prints how often that failed. */
const work = async (file: string, begin: string, wait: number) => {
  const database = new Database(file)
  database.run(`PRAGMA busy_timeout = ${wait}`)
  let lost = 0
  for (let done = 0; done < transactions; done++) {
    try {
      database.run(begin)
      const row = database.query<{ n: number }, []>("SELECT n FROM counter").get()
      database.run("UPDATE counter SET n = ?", [(row?.n ?? 0) + 1])
      database.run("COMMIT")
    } catch {
      lost++
      if (database.inTransaction) database.run("ROLLBACK")
    }
    await Bun.sleep(Math.random() * 4)
  }
  console.log(lost)
}

const measure = async ({ begin, wait }: (typeof ways)[number]) => {
  const folder = mkdtempSync(join(tmpdir(), "cc-dm-begin-"))
  const file = join(folder, "counter.db")
  const database = new Database(file)
  for (const statement of [
    "PRAGMA journal_mode = WAL",
    "CREATE TABLE counter (n INTEGER)",
    "INSERT INTO counter VALUES (0)"
  ])
    database.run(statement)
  const workers = Array.from({ length: processes }, () =>
    Bun.spawn([process.execPath, import.meta.path, file, begin, String(wait)], { stdout: "pipe" })
  )
  const counts = await Promise.all(workers.map(({ stdout }) => new Response(stdout).text()))
  const lost = counts.reduce((sum, count) => sum + Number(count), 0)
  database.close()
  rmSync(folder, { recursive: true })
  console.log(`${begin}, a wait of ${wait} ms: ${lost} of ${processes * transactions} lost`)
}

const [file, begin, wait] = process.argv.slice(2)
if (file !== undefined && begin !== undefined) await work(file, begin, Number(wait))
else for (const way of ways) await measure(way)
