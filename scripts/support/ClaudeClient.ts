/** The real Claude Code, at one pinned version, with a home folder of its own and no login. */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { installCached } from "./PackageCache.ts"
import { mustRun, type Outcome, run } from "./run.ts"

const clientVersion = "2.1.332"

/** Finds the client, or installs it from npm, and gives the path of the program. */
export const installClient = async (): Promise<string> => {
  const { folder } = await installCached({
    name: `claude-code-${clientVersion}`,
    packages: [`@anthropic-ai/claude-code@${clientVersion}`],
    // npm may be set up not to run install scripts; this one puts the program in its place.
    finish: async (fresh) => {
      await mustRun([process.execPath, "install.cjs"], {
        cwd: join(fresh, "node_modules/@anthropic-ai/claude-code")
      })
    }
  })
  const program = join(folder, "node_modules/.bin/claude")
  const version = await mustRun([program, "--version"])
  if (!version.startsWith(clientVersion)) throw new Error(`${program} is version ${version}`)
  return program
}

/** How to run a program without network, if this machine can do that. */
export const offlinePrefix = async (): Promise<ReadonlyArray<string> | undefined> => {
  for (const prefix of [
    ["unshare", "--net"],
    ["unshare", "--map-root-user", "--net"]
  ]) {
    const works = await run([...prefix, "true"]).then(
      ({ code }) => code === 0,
      () => false
    )
    if (works) return prefix
  }
  return undefined
}

/** A user of Claude Code on a machine where nothing else was ever done. */
export interface ScratchUser {
  readonly home: string
  /** The folder in which Claude Code keeps its own files. */
  readonly config: string
  readonly env: Readonly<Record<string, string>>
  /** Whether `claude` runs without network. */
  readonly offline: boolean
  readonly claude: (...args: ReadonlyArray<string>) => Promise<Outcome>
  /** The same in another folder than the home. */
  readonly claudeIn: (folder: string, ...args: ReadonlyArray<string>) => Promise<Outcome>
  readonly remove: () => void
}

export const makeScratchUser = async (program: string): Promise<ScratchUser> => {
  const home = mkdtempSync(join(tmpdir(), "cc-dm-user-"))
  const config = join(home, ".claude")
  const bin = join(home, "bin")
  mkdirSync(config)
  mkdirSync(bin)
  symlinkSync(process.execPath, join(bin, "bun"))
  const env = {
    HOME: home,
    CLAUDE_CONFIG_DIR: config,
    PATH: `${bin}:${process.env["PATH"] ?? "/usr/bin:/bin"}`
  }
  const prefix = await offlinePrefix()
  const claudeIn = (folder: string, ...args: ReadonlyArray<string>) =>
    run([...(prefix ?? []), program, ...args], { cwd: folder, env })
  return {
    home,
    config,
    env,
    offline: prefix !== undefined,
    claude: (...args) => claudeIn(home, ...args),
    claudeIn,
    remove: () => rmSync(home, { recursive: true, force: true })
  }
}

/** What the client said, in one text. */
export const said = ({ stderr, stdout }: Outcome): string => `${stdout}${stderr}`
