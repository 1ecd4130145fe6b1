/** Which route messages take to the model: the best one there is, channel events only, hooks only, or none by itself. */
import { Result, Schema } from "effect"
import { isOneOf } from "../domain/OneOf.ts"

export const DeliveryMode = Schema.Literals(["auto", "channel", "hooks", "pull"])
export type DeliveryMode = typeof DeliveryMode.Type

const isDeliveryMode = isOneOf(DeliveryMode.literals)

/** Reads the name of a mode, or says what is wrong with the text. */
export const parseDeliveryMode = (text: string): Result.Result<DeliveryMode, string> => {
  const mode = text.trim().toLowerCase()
  return isDeliveryMode(mode) ? Result.succeed(mode) : Result.fail("must be auto, channel, hooks or pull")
}
