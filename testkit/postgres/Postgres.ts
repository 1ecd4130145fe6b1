/**
 * Real servers of PostgreSQL, each with a folder, a Unix socket and, where a test wants it, a port of its own. Their
 * superuser comes in by the socket with no password; everybody else has one, and over TCP it goes as SCRAM.
 */
import { appendFileSync, closeSync, existsSync, openSync, readFileSync, writeFileSync } from "node:fs"
import { createServer } from "node:net"
import { join } from "node:path"
import { Effect, type Scope } from "effect"
import { mustRun } from "../../scripts/support/run.ts"
import { makeCertificate } from "./certificate.ts"
import { signalAll } from "./processes.ts"
import { asServerUser, programOf } from "./programs.ts"
import { makeServerFolder, serverFolder } from "./scratch.ts"

export const superuser = "postgres"

export interface PostgresOptions {
  /** Whether it listens on TCP and speaks TLS there. */
  readonly tls?: boolean
  /** Whether it listens on TCP and lets clients in that do not speak TLS. */
  readonly plain?: boolean
  /** What its certificate is good for. */
  readonly names?: ReadonlyArray<string>
  /** The address that it listens on, beside the loopback's. */
  readonly address?: string
  /** What goes before the server's command line, so that it runs elsewhere: in another network, say. */
  readonly within?: ReadonlyArray<string>
  readonly maxConnections?: number
  /** Further lines of `postgresql.conf`. */
  readonly settings?: Readonly<Record<string, string>>
}

export interface Postgres {
  /** The folder of its Unix socket. */
  readonly socketFolder: string
  /** Where it listens on TCP; the port is also part of the Unix socket's name. */
  readonly host: string
  readonly port: number
  readonly superuser: string
  readonly options: PostgresOptions
  /** The certificate of the authority that stands for its own; only where it speaks TLS. */
  readonly caFile: string
  /** A URL over TCP, with no parameters. */
  readonly url: (user: string, password?: string, database?: string) => string
  /** The same by its Unix socket, which stands as `host` in the parameters, as libpq has it. */
  readonly socketUrl: (user: string, password?: string, database?: string) => string
  /** `psql` as the superuser. */
  readonly sql: (text: string, database?: string) => Effect.Effect<string>
  /** Stops it: `fast` tells its clients, `immediate` lets it recover at its next start. */
  readonly stop: (mode?: "fast" | "immediate") => Effect.Effect<void>
  /** Starts it again after `stop` or `kill`, and waits until clients come in. */
  readonly start: Effect.Effect<void>
  readonly restart: (mode?: "fast" | "immediate") => Effect.Effect<void>
  /** Kills all its processes, as a loss of power does. */
  readonly kill: Effect.Effect<void>
  /** Lets nobody into a database, not even the superuser, and ends whoever is there. It must not be `postgres` itself. */
  readonly refuse: (database: string) => Effect.Effect<void>
  readonly allow: (database: string) => Effect.Effect<void>
  /** Ends all connections to a database. */
  readonly disconnect: (database: string) => Effect.Effect<void>
  /** Makes all its processes stand still, and go on. Connections stay, and nobody answers. */
  readonly pauseAll: Effect.Effect<void>
  readonly resumeAll: Effect.Effect<void>
  /** What it wrote to its log so far. */
  readonly log: () => string
}

/** A port that is free. The kernel gives none of these to clients, so it stays free while its server is down. */
export const freePort = async (): Promise<number> => {
  const port = 20_000 + Math.floor(Math.random() * 10_000)
  const isFree = await new Promise<boolean>((resolve) => {
    const probe = createServer()
    probe.once("error", () => resolve(false))
    probe.listen(port, "0.0.0.0", () => probe.close(() => resolve(true)))
  })
  return isFree ? port : freePort()
}

let template: Promise<string> | undefined

/** A data folder as `initdb` makes it, to copy: that is four times as fast. */
const templateData = () => {
  template ??= makeServerFolder().then(async (folder) => {
    const data = join(folder, "data")
    const small = ["--no-sync", "--wal-segsize=1"]
    const words = ["--username", superuser, "--encoding=UTF8", "--locale=C", "--auth=trust"]
    await mustRun(asServerUser(programOf("initdb"), "-D", data, ...words, ...small), { cwd: folder })
    return data
  })
  return template
}

const quoted = (value: string) => `'${value.replaceAll("'", "''")}'`

/** Runs SQL in one transaction as whoever a URL names, and gives what psql prints, unaligned; dies of an error, with psql's words. */
export const psql = (url: string, text: string): Effect.Effect<string> =>
  Effect.promise(async () => {
    const output = ["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1"]
    // Else it waits for a person who types the password.
    const command = [programOf("psql"), "--no-password", ...output, "-d", url, "-c", text]
    return (await mustRun(command)).trimEnd()
  })

/** The rules of who comes in how: the first that fits holds. */
const rules = ({ plain, tls }: PostgresOptions) =>
  [
    `local all ${superuser} trust`,
    `local replication ${superuser} trust`,
    "local all all scram-sha-256",
    ...(plain ? ["hostnossl all all all scram-sha-256"] : []),
    ...(tls ? ["hostssl all all all scram-sha-256"] : [])
  ].join("\n")

/** Starts a server of a test's own. */
export const startPostgres = (options: PostgresOptions = {}): Effect.Effect<Postgres, never, Scope.Scope> =>
  Effect.gen(function* () {
    const folder = yield* serverFolder
    yield* Effect.promise(async () => {
      const data = join(folder, "data")
      await mustRun(asServerUser("cp", "-Rp", await templateData(), data))
      writeFileSync(join(data, "pg_hba.conf"), `${rules(options)}\n`)
      const settings = {
        shared_buffers: "8MB",
        max_connections: String(options.maxConnections ?? 100),
        max_wal_size: "64MB",
        // In its folder, where nothing of it is left behind.
        dynamic_shared_memory_type: "mmap",
        log_line_prefix: "%m [%p] %u@%d ",
        ...(options.tls ? { ssl: "on" } : {}),
        ...options.settings
      }
      for (const [name, value] of Object.entries(settings))
        appendFileSync(join(data, "postgresql.conf"), `${name} = ${quoted(value)}\n`)
      const address = options.address === undefined ? [] : [options.address]
      if (options.tls) await makeCertificate(folder, options.names ?? ["localhost", "127.0.0.1", ...address])
    })
    return yield* serve(folder, options)
  })

/** Runs a server in a folder whose `data` is there. The scope of the folder ends it. */
export const serve = Effect.fnUntraced(function* (folder: string, options: PostgresOptions) {
  const { address, plain, tls, within = [] } = options
  const data = join(folder, "data")
  const logFile = join(folder, "log")
  const overTcp = tls || plain
  const port = yield* Effect.promise(freePort)
  const host = address ?? "127.0.0.1"
  const listens = overTcp ? [...new Set(["127.0.0.1", host])].join(",") : ""
  const command = [
    ...within,
    ...asServerUser(programOf("postgres"), "-D", data, "-p", String(port)),
    ...["-c", `unix_socket_directories=${folder}`, "-c", `listen_addresses=${listens}`]
  ]
  const log = () => (existsSync(logFile) ? readFileSync(logFile, "utf8") : "")

  let running: Bun.Subprocess | undefined
  /** The server's own first process, which is also whatever stood before it in `within`. */
  const postmaster = () => {
    if (running === undefined) throw new Error("the server does not run")
    return running
  }

  /** Its file says how far it is: "starting", "ready", or "standby" where no client comes in yet. */
  const isReady = (pid: number) => {
    const file = join(data, "postmaster.pid")
    const lines = existsSync(file) ? readFileSync(file, "utf8").split("\n") : []
    return lines[0] === String(pid) && lines[7]?.trim() === "ready"
  }

  const start = Effect.promise(async () => {
    const output = openSync(logFile, "a")
    const child = Bun.spawn(command, {
      cwd: folder,
      stdin: "ignore",
      stdout: output,
      stderr: output,
      // In a session of its own: Ctrl-C is for the tests, and what watches over the folder ends it after them.
      detached: true
    })
    closeSync(output)
    // It must not keep a process that has done its work.
    child.unref()
    running = child
    const begun = performance.now()
    while (!isReady(child.pid)) {
      const isOver = child.exitCode !== null || child.signalCode !== null
      if (isOver || performance.now() - begun > 30_000) throw new Error(`PostgreSQL did not start:\n${log()}`)
      await Bun.sleep(5)
    }
  })

  const ended = async () => {
    await postmaster().exited
    running = undefined
  }
  const stop = (mode: "fast" | "immediate" = "fast") =>
    Effect.promise(() => {
      postmaster().kill(mode === "fast" ? "SIGINT" : "SIGQUIT")
      return ended()
    })
  const kill = Effect.promise(async () => {
    await signalAll(postmaster().pid, "SIGKILL")
    await ended()
  })

  const who = (user: string, password?: string) =>
    encodeURIComponent(user) + (password === undefined ? "" : `:${encodeURIComponent(password)}`)
  const socketUrl: Postgres["socketUrl"] = (user, password, database = superuser) =>
    `postgres://${who(user, password)}@localhost:${port}/${encodeURIComponent(database)}?host=${folder}`

  const sql: Postgres["sql"] = (text, database) => psql(socketUrl(superuser, undefined, database), text)
  const disconnect = (database: string) =>
    Effect.asVoid(
      sql(
        `SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity
           WHERE datname = ${quoted(database)} AND pid <> pg_backend_pid()`
      )
    )
  const allowConnections = (database: string, are: boolean) =>
    Effect.asVoid(sql(`ALTER DATABASE "${database}" ALLOW_CONNECTIONS ${are}`))

  yield* start
  // Processes that stand still would be waited for.
  yield* Effect.addFinalizer(() =>
    Effect.promise(async () => {
      if (running !== undefined) await signalAll(running.pid, "SIGCONT")
    })
  )
  return {
    socketFolder: folder,
    host,
    port,
    superuser,
    options,
    caFile: join(folder, "ca.crt"),
    url: (user, password, database = superuser) =>
      `postgres://${who(user, password)}@${host}:${port}/${encodeURIComponent(database)}`,
    socketUrl,
    sql,
    stop,
    start,
    restart: (mode) => Effect.andThen(stop(mode), start),
    kill,
    refuse: (database) => Effect.andThen(allowConnections(database, false), disconnect(database)),
    allow: (database) => allowConnections(database, true),
    disconnect,
    pauseAll: Effect.promise(() => signalAll(postmaster().pid, "SIGSTOP")),
    resumeAll: Effect.promise(() => signalAll(postmaster().pid, "SIGCONT")),
    log
  } satisfies Postgres as Postgres
})
