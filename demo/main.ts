/** `bun run demo`: three real servers talk to each other, and each step says what arrived and how fast. */
import { Cause, Console, Effect } from "effect"
import { runMain } from "../src/platform/Platform.ts"
import { story } from "./Story.ts"

const sayWhatWentWrong = (cause: Cause.Cause<Error>) =>
  Cause.hasInterruptsOnly(cause)
    ? Console.error("\nStopped. The servers have ended and the temporary folder is removed.")
    : Console.error(`\nThe demo failed: ${Cause.prettyErrors(cause)[0]?.message}`)

// The scope holds the servers and the folder, so both are gone before anything is said about the end.
runMain(Effect.onError(Effect.scoped(story), sayWhatWentWrong), { disableErrorReporting: true })
