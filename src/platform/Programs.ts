/** Other programs: where they are, what they say, and running one in this one's place. */
import { existsSync, realpathSync, rmSync } from "node:fs"
import { dirname, resolve } from "node:path"
import { Effect } from "effect"
import { os } from "./Late.ts"

/** The Bun that runs this. */
export const bun = { version: Bun.version, path: process.execPath }

/** Where a program is on the PATH, or in these folders. */
export const findProgram = (name: string, folders?: ReadonlyArray<string>): string | undefined =>
  (folders === undefined ? Bun.which(name) : Bun.which(name, { PATH: folders.join(":") })) ?? undefined

/** A file beside `cc-dm.js`, with which every program of ours begins. A file with bytecode can't ask where it is itself. */
export const builtFile = (name: string): string => resolve(dirname(realpathSync(Bun.main)), name)

/**
 * Runs a program to its end. `undefined`: it could not be run, failed, or took longer than `timeout`, in milliseconds. It then ends with
 * all that it has started: a script may wait for a program that holds its output open. `more`: variables beside those of this process.
 */
export const outputOf = (
  command: ReadonlyArray<string>,
  timeout: number,
  more: Readonly<Record<string, string>> = {}
): Effect.Effect<string | undefined> =>
  Effect.promise(async () => {
    let timer: Timer | undefined
    try {
      const child = Bun.spawn([...command], {
        stdio: ["ignore", "pipe", "ignore"],
        env: { ...process.env, ...more },
        // In a group of its own, and away from the terminal, of which a shell would take hold.
        detached: true
      })
      const finished = child.stdout
        .text()
        .then(async (text) => ((await child.exited) === 0 ? text : undefined))
      const late = new Promise<undefined>((resolve) => {
        timer = setTimeout(() => {
          killGroup(child.pid)
          resolve(undefined)
        }, timeout)
      })
      return await Promise.race([finished, late])
    } catch {
      return undefined
    } finally {
      clearTimeout(timer)
    }
  })

const killGroup = (leader: number) => {
  try {
    process.kill(-leader, "SIGKILL")
  } catch {
    // It has ended just now.
  }
}

/** What a terminal sends to the whole group of processes, the program among them: nothing has to be passed on. */
const fromTheTerminal = ["SIGINT", "SIGQUIT"] as const
const passedOn = ["SIGTERM", "SIGHUP", "SIGUSR1", "SIGUSR2"] as const

const spawnAndWait = async (
  command: ReadonlyArray<string>,
  env: Readonly<Record<string, string | undefined>>,
  atEnd: () => void = () => {}
) => {
  const child = Bun.spawn([...command], { stdio: ["inherit", "inherit", "inherit"], env })
  for (const signal of fromTheTerminal) {
    process.removeAllListeners(signal)
    process.on(signal, () => {})
  }
  for (const signal of passedOn) {
    process.removeAllListeners(signal)
    process.on(signal, () => child.kill(signal))
  }
  await child.exited
  atEnd()
  // As a shell counts what a signal ended.
  process.exit(
    child.signalCode === null
      ? (child.exitCode ?? 1)
      : 128 + (os().constants.signals[child.signalCode as NodeJS.Signals] ?? 0)
  )
}

/**
 * Lets a program take this one's place: its terminal, its signals, its exit code. `program` is a path. Versions of Bun
 * that can't do that run it, wait, and end as it ended.
 */
export const become = (program: string, args: ReadonlyArray<string>): Effect.Effect<never> =>
  Effect.promise(async () => {
    const { env, execve } = process
    if (typeof execve === "function") execve.call(process, program, [program, ...args], env)
    return spawnAndWait([program, ...args], env) as Promise<never>
  })

/** A program that works for another one. */
export interface Service {
  readonly command: ReadonlyArray<string>
  /** Where it listens: it is ready once that file is there. */
  readonly socket: string
}

/** How long a service may take until it listens, in milliseconds. */
const serviceTimeout = 20_000

/**
 * Starts a service, and then a program that ends it as it ends itself: its terminal, its signals, its exit code. Both have these
 * variables. Gives, only if the service does not listen in time, what it said.
 */
export const becomeWith = (
  service: Service,
  command: ReadonlyArray<string>,
  env: Readonly<Record<string, string | undefined>>
): Effect.Effect<string> =>
  Effect.promise(async () => {
    // In a group of its own: what the terminal sends is for the program.
    const beside = Bun.spawn([...service.command], {
      stdio: ["ignore", "ignore", "pipe"],
      env,
      detached: true
    })
    const ended = beside.exited.then(() => true)
    for (let waited = 0; !existsSync(service.socket); waited += 50) {
      const isOver = await Promise.race([ended, Bun.sleep(50).then(() => false)])
      if (!isOver && waited < serviceTimeout) continue
      beside.kill()
      return (await beside.stderr.text()).trim()
    }
    const end = () => {
      beside.kill()
      rmSync(service.socket, { force: true })
    }
    return spawnAndWait(command, env, end) as Promise<never>
  })
