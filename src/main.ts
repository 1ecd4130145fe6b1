/** The entry: `cc-dm serve` is one session's server. */
import { Cause, Effect, Exit, Layer } from "effect"
import { App } from "./App.ts"
import { isBuiltForFile, wantsPostgres } from "./platform/Build.ts"
import { runMain } from "./platform/Platform.ts"
import { builtFile } from "./platform/Programs.ts"
import { Shutdown } from "./platform/Shutdown.ts"
import { StderrLogger } from "./platform/StderrLogger.ts"
import { version } from "./version.ts"

const usage = `cc-dm ${version}: messages between Claude Code sessions

  cc-dm serve       the server of one session, over stdin and stdout (Claude Code starts it)
  cc-dm --version   the version
  cc-dm --help      this text
`

const serve = Effect.gen(function* () {
  const shutdown = yield* Shutdown
  yield* Effect.raceFirst(Layer.launch(App), shutdown.requested)
}).pipe(
  Effect.tapCause((cause) =>
    Cause.hasInterruptsOnly(cause) ? Effect.void : Effect.logError(Cause.prettyErrors(cause)[0]?.message)
  ),
  Effect.provide([StderrLogger, Shutdown.layer]),
  // Nobody collects the spans of a plugin, and making them costs a tenth of a message.
  Effect.withTracerEnabled(false)
)

const [command] = process.argv.slice(2)
if (command === "serve" && isBuiltForFile && wantsPostgres()) {
  await import(builtFile("cc-dm-postgres.js"))
} else if (command === "serve") {
  // stdout is the protocol: whatever a library prints goes to stderr.
  console.log = console.error
  // Nobody else may read what is created from here on.
  process.umask(0o077)
  runMain(serve, {
    disableErrorReporting: true,
    // A signal is how sessions usually end. A handle that is still open must not keep the process.
    teardown: (exit) => process.exit(Exit.isSuccess(exit) || Cause.hasInterruptsOnly(exit.cause) ? 0 : 1)
  })
} else if (command === "--version") {
  process.stdout.write(`${version}\n`)
} else {
  const asked = command === "--help"
  const stream = asked ? process.stdout : process.stderr
  stream.write(usage)
  process.exitCode = asked ? 0 : 2
}
