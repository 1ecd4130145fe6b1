/** The server of one session, `cc-dm serve`. `start.ts` loads it. */
import { Cause, Effect, Exit, Layer, Result } from "effect"
import { App } from "./App.ts"
import { agentCalled } from "./domain/Agent.ts"
import { faultSentence } from "./domain/Fault.ts"
import { hostOf } from "./hosts/Hosts.ts"
import { apologise } from "./platform/Apology.ts"
import { isBuiltForFile, program, wantsPostgres } from "./platform/Build.ts"
import { runMain } from "./platform/Platform.ts"
import { builtFile } from "./platform/Programs.ts"
import { StderrLogger } from "./platform/StderrLogger.ts"
import { Shutdown } from "./Shutdown.ts"
import { version } from "./version.ts"

/** A server that could not start tells its client why, instead of leaving it without a word. */
const explain = (cause: Cause.Cause<unknown>) => {
  const defect = Cause.findDefect(cause)
  if (Result.isFailure(defect)) return Effect.failCause(cause)
  const reason = faultSentence(defect.success, program(version))
  apologise(reason, version)
  return Effect.andThen(Effect.logError(reason), Effect.never)
}

/** The agent that has started this server: `cc-dm serve --agent NAME`, and Claude Code if nothing is said. */
const host = hostOf(agentCalled(process.argv[4]) ?? "claude")

const serve = Effect.gen(function* () {
  const shutdown = yield* Shutdown
  yield* Effect.raceFirst(Effect.catchCause(Layer.launch(App), explain), shutdown.requested)
}).pipe(
  Effect.tapCause((cause) =>
    Cause.hasInterruptsOnly(cause) ? Effect.void : Effect.logError(Cause.prettyErrors(cause)[0]?.message)
  ),
  Effect.provide([StderrLogger, Shutdown.layer.pipe(Layer.provideMerge(host))]),
  // Nobody collects the spans of a plugin, and making them costs a tenth of a message.
  Effect.withTracerEnabled(false)
)

const run = () => {
  // stdout is the protocol: whatever a library prints goes to stderr.
  console.log = console.error
  // Nobody else may read what is created from here on.
  process.umask(0o077)
  runMain(serve, {
    disableErrorReporting: true,
    // A signal is how sessions usually end. A handle that is still open must not keep the process.
    teardown: (exit) => process.exit(Exit.isSuccess(exit) || Cause.hasInterruptsOnly(exit.cause) ? 0 : 1)
  })
}

/** Settles once another built file serves in place of this one. */
export const loaded: Promise<unknown> | undefined =
  isBuiltForFile && wantsPostgres() ? import(builtFile("cc-dm-postgres.js")) : undefined

if (loaded === undefined) run()
