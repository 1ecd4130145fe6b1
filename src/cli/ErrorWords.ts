/** Errors in words for a person. Those of the domain speak to a model, which has tools where a person has commands. */
import { NobodyThere, QueueFull, TooFast } from "../domain/Errors.ts"
import { quote } from "../domain/Text.ts"

const tooFast = ({ excess, limit, wait }: TooFast): string => {
  const rate = "the most that CC_DM_RATE_LIMIT allows"
  const [what, advice] = {
    again: [
      "the same text went to the same receiver within the last 10 s",
      "It is on its way already: cc-dm inbox --sent shows how far it has come"
    ],
    "to one": [
      `${limit} messages went to this receiver within a minute, ${rate}`,
      "Put what is left to say into one message, or into a file: --file PATH"
    ],
    broadcasts: [
      `${limit} broadcasts within a minute are the most that one name may make`,
      "Put what everybody needs to know into one message, or use cc-dm send for those it concerns"
    ],
    "in all": [
      `${limit} messages were sent under this name within a minute, ${rate}`,
      "Put what is left to say into a few messages"
    ]
  }[excess]
  return `${what}, so nothing was sent. Wait ${Math.ceil(wait / 1_000)} s before the next one. ${advice}.`
}

/** What a person is told of an error. */
export const errorWords = (error: unknown): string => {
  if (error instanceof TooFast) return tooFast(error)
  if (error instanceof QueueFull)
    return `${error.limit} messages already wait for ${quote(error.to)}, and no more are accepted (CC_DM_QUEUE_LIMIT), so nothing was sent. cc-dm inbox --sent shows when it has read some.`
  if (error instanceof NobodyThere && error.renamed === undefined)
    return `nobody called ${quote(error.to)} is on the bus now, so nothing was sent; "cc-dm who" lists who is`
  return error instanceof Error ? error.message : String(error)
}
