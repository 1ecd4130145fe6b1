/** Runs another program to its end. */

export interface Outcome {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

export interface RunOptions {
  readonly cwd?: string
  /** The whole environment; that of this process by default. */
  readonly env?: Readonly<Record<string, string | undefined>>
  readonly seconds?: number
}

export const run = async (command: ReadonlyArray<string>, options: RunOptions = {}): Promise<Outcome> => {
  const child = Bun.spawn([...command], {
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
    env: options.env ?? process.env,
    timeout: (options.seconds ?? 60) * 1_000,
    killSignal: "SIGKILL",
    ...(options.cwd === undefined ? {} : { cwd: options.cwd })
  })
  const [stdout, stderr] = await Promise.all([child.stdout.text(), child.stderr.text()])
  return { code: await child.exited, stdout, stderr }
}

/** Runs a program that has to succeed, and gives what it printed to stdout. */
export const mustRun = async (command: ReadonlyArray<string>, options: RunOptions = {}): Promise<string> => {
  const { code, stderr, stdout } = await run(command, options)
  if (code !== 0) throw new Error(`${command.join(" ")} ended with code ${code}\n${stdout}${stderr}`)
  return stdout
}
