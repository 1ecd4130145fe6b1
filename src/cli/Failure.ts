/** How a command ends that can't do what it was asked. */
import { Runtime, Schema } from "effect"
import { exitCodes } from "../domain/ExitCode.ts"

/** A command that can't do what it was asked. `message` says why and what to do. */
export class Failure extends Schema.TaggedError<Failure>()("Failure", {
  code: Schema.Int,
  message: Schema.String
}) {
  override readonly [Runtime.errorExitCode] = this.code
}

export const failed = (message: string) => new Failure({ code: exitCodes.failed, message })
export const wrongUse = (message: string) => new Failure({ code: exitCodes.wrongUse, message })
/** The session, the request or the thing that was named is not there. */
export const notFound = (message: string) => new Failure({ code: exitCodes.notFound, message })
export const timedOut = (message: string) => new Failure({ code: exitCodes.timedOut, message })
export const refused = (message: string) => new Failure({ code: exitCodes.refused, message })
