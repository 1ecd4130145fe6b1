/**
 * Machines of a test's own on one network, as far as addresses go: network namespaces of Linux on a bridge. Only root
 * may make them; elsewhere the tests are skipped, and say why.
 */
import { spawn } from "node:child_process"
import { Effect, type Scope } from "effect"
import { mustRun } from "../../scripts/support/run.ts"
import { refusal } from "../../testkit/refusal.ts"
import { it } from "./it.ts"
import { where } from "./where.ts"

export interface Network {
  readonly address: string
  /** What goes before a command line so that the program runs there. */
  readonly within: ReadonlyArray<string>
  /** Runs a program there to its end, and gives what it prints. */
  readonly run: (...command: ReadonlyArray<string>) => Effect.Effect<string>
  /** Pulls its cable, and puts it back. What is sent meanwhile is lost, and nobody is told. */
  readonly cut: Effect.Effect<void>
  readonly heal: Effect.Effect<void>
}

const tryOut =
  "ip link add bridge type bridge && ip link add one type veth peer name other && nsenter --version"

/** A test that needs networks. */
const reason = refusal("unshare", "--net", "sh", "-c", tryOut)
export const onNetworks = where("no networks can be made here", reason)

/** The same for one that mostly waits, while others run. */
export const onNetworksMeanwhile = where("no networks can be made here", reason, it.meanwhile)

/** A namespace lives as long as a process in it. This one ends with the tests, whose end is the end of its input. */
const namespace = Effect.map(
  Effect.acquireRelease(
    Effect.promise(async () => {
      const words = ["--net", "sh", "-c", "ip link set lo up && echo ready && exec cat"]
      const child = spawn("unshare", words, { detached: true, stdio: ["pipe", "pipe", "inherit"] })
      await new Promise<void>((resolve, reject) => {
        child.stdout.once("data", () => resolve())
        child.once("exit", () => reject(new Error("there is no network namespace")))
      })
      return child
    }),
    (child) =>
      Effect.promise(async () => {
        const closed = new Promise((resolve) => child.once("close", resolve))
        child.stdin.end()
        await closed
      })
  ),
  ({ pid }) => ({ pid, within: ["nsenter", `--net=/proc/${pid}/ns/net`] })
)

const addressOf = (number: number) => `10.77.0.${number}`
const hardwareOf = (number: number) => `02:00:00:00:00:${number.toString(16).padStart(2, "0")}`

/** Makes some machines, each with an address that the others reach. */
export const networks = (count: number): Effect.Effect<ReadonlyArray<Network>, never, Scope.Scope> =>
  Effect.gen(function* () {
    const run =
      (within: ReadonlyArray<string>): Network["run"] =>
      (...command) =>
        Effect.promise(() => mustRun([...within, ...command]))
    const shell = (within: ReadonlyArray<string>, ...lines: ReadonlyArray<string>) =>
      Effect.asVoid(run(within)("sh", "-ec", lines.join("\n")))
    const hub = yield* namespace
    yield* shell(hub.within, "ip link add bridge type bridge", "ip link set bridge up")
    const numbers = Array.from({ length: count }, (_, index) => index + 1)
    return yield* Effect.forEach(
      numbers,
      Effect.fnUntraced(function* (number) {
        const { pid, within } = yield* namespace
        const port = `port${number}`
        const end = `name eth0 address ${hardwareOf(number)} netns ${pid}`
        const plug = shell(hub.within, `ip link set ${port} master bridge`)
        yield* shell(hub.within, `ip link add ${port} type veth peer ${end}`, `ip link set ${port} up`)
        yield* plug
        yield* shell(
          within,
          `ip address add ${addressOf(number)}/24 dev eth0`,
          "ip link set eth0 up",
          // Where it had to ask for the others, it would be told by no answer that a cable is pulled.
          ...numbers
            .filter((other) => other !== number)
            .map((other) => `ip neighbour add ${addressOf(other)} lladdr ${hardwareOf(other)} dev eth0`)
        )
        return {
          address: addressOf(number),
          within,
          run: run(within),
          cut: shell(hub.within, `ip link set ${port} nomaster`),
          heal: plug
        }
      })
    )
  })
