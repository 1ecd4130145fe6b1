/**
 * What runs first, in whatever Bun there is: it goes back to the folder of the user, looks whether cc-dm can work here, and loads
 * the built file that does. Whatever nothing else catches ends here, as one sentence. It imports nothing that an old Bun lacks.
 */
import { agentCalled } from "./domain/Agent.ts"
import { faultSentence } from "./domain/Fault.ts"
import { apologise } from "./platform/Apology.ts"
import { homeOf } from "./platform/Home.ts"
import { version } from "./version.ts"

const [command, ...rest] = process.argv.slice(2)
const isServer =
  command === "serve" &&
  (rest.length === 0 || (rest.length === 2 && rest[0] === "--agent" && agentCalled(rest[1]) !== undefined))
const isHook = command === "hook"
const isStatus = command === "status"
const isDemo = command === "demo" && rest.length === 0

const say = (sentence: string) => process.stderr.write(`cc-dm: ${sentence}\n`)

/** Says why cc-dm can't go on: to the terminal, or to the client of a server. */
const giveUp = (reason: string): void => {
  say(reason)
  if (isServer) apologise(reason, version)
  else process.exit(1)
}

/** What bin/cc-dm sets for a server. */
const setForServers = [
  "BUN_GC_TIMER_DISABLE",
  "BUN_JSC_useDFGJIT",
  "BUN_JSC_useConcurrentJIT",
  "MIMALLOC_PURGE_HOLES",
  "MIMALLOC_SCAVENGER"
]

/** What bin/cc-dm told Bun, or kept from it, is undone for the programs that are started from here. */
const restoreVariables = () => {
  if (isServer) for (const name of setForServers) delete process.env[name]
  for (const [name, value] of Object.entries(process.env)) {
    if (!name.startsWith("CC_DM_KEPT_")) continue
    process.env[name.slice("CC_DM_KEPT_".length)] = value
    delete process.env[name]
  }
}

/** Some agents hand on a reference to a variable that is not set as it stands in their file, `${CC_DM_WAKE}`: it is then not set. */
const dropReferences = () => {
  for (const [name, value] of Object.entries(process.env))
    if (name.startsWith("CC_DM_") && (value === `$${name}` || value === `\${${name}}`))
      delete process.env[name]
}

/** Goes to where the user is. `false`: that folder is gone, or can't be entered. */
const goBack = (): boolean => {
  const folder = process.env["CC_DM_STARTED_IN"]
  delete process.env["CC_DM_STARTED_IN"]
  try {
    if (folder !== undefined) process.chdir(folder)
    process.cwd()
    return true
  } catch {
    // What asks for a folder has one that says nothing.
    process.chdir("/")
    return false
  }
}

/** Why cc-dm can't work here. */
const obstacle = (hasFolder: boolean): string | undefined => {
  const its = process.versions["bun"]
  // By hand: a Bun that is too old may lack Bun.semver, too.
  const [major = 0, minor = 0] = (its ?? "").split(".").map(Number)
  if (major < 1 || (major === 1 && minor < 3))
    return `needs Bun 1.3 or later, this is ${its ?? "none"} (bun upgrade)`
  if (homeOf(process.env["HOME"]) === undefined)
    return "there is no home folder for the bus: set HOME to the full path of yours"
  if (!hasFolder && command === "launch")
    return "the folder that you are in was removed, or can't be entered: go to another one"
  return undefined
}

const program = () => `cc-dm ${version}, Bun ${Bun.version}, ${process.platform} ${process.arch}`

/** A server goes on after an error: nobody would start it again, and all that counts is on the bus. */
const onFault = (error: unknown) => {
  say(faultSentence(error, program()))
  if (!isServer) process.exit(1)
}

/** Loads a built file. Those with bytecode are CommonJS, which `require` loads in 5 ms less than `import`. */
const load = async (name: string): Promise<void> => {
  const path = `${import.meta.dir}/cc-dm-${name}.js`
  const { loaded } = name === "server" || name === "cli" ? require(path) : await import(path)
  await loaded
}

/**
 * How long a server keeps this file from ending, in milliseconds. At its end Bun looks for garbage everywhere, which takes 8 ms and finds next to
 * none. So that comes after the client is greeted.
 */
const untilCollected = 1_000

restoreVariables()
dropReferences()
const reason = obstacle(goBack())
if (reason !== undefined) giveUp(reason)
else {
  process.on("uncaughtException", onFault)
  process.on("unhandledRejection", onFault)
  await load(isServer ? "server" : isHook ? "hook" : isStatus ? "status" : isDemo ? "demo" : "cli").catch(
    (error: unknown) => giveUp(faultSentence(error, program()))
  )
  if (isServer) await new Promise((resolve) => setTimeout(resolve, untilCollected))
}
