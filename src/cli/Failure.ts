/** How a command ends, and what it says then. README lists the codes. */
import { Schema } from "effect"

export const exitCodes = { done: 0, failed: 1, wrongUse: 2, notFound: 3, timedOut: 4, refused: 5 } as const

/** A command that can't do what it was asked. `message` says why and what to do. */
export class Failure extends Schema.TaggedError<Failure>()("Failure", {
  code: Schema.Int,
  message: Schema.String
}) {}

export const failed = (message: string) => new Failure({ code: exitCodes.failed, message })
export const wrongUse = (message: string) => new Failure({ code: exitCodes.wrongUse, message })
/** The session, the request or the thing that was named is not there. */
export const notFound = (message: string) => new Failure({ code: exitCodes.notFound, message })
export const timedOut = (message: string) => new Failure({ code: exitCodes.timedOut, message })
export const refused = (message: string) => new Failure({ code: exitCodes.refused, message })
