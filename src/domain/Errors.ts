/** What can go wrong, as facts. `message` is the sentence that a model or a person reads. */
import { Runtime, Schema } from "effect"
import { exitCodes } from "./ExitCode.ts"
import { quote, spelledOut, worded } from "./Text.ts"

/** The name, or one that looks like it, is held by a live session. */
export class NameTaken extends Schema.TaggedError<NameTaken>()("NameTaken", {
  name: Schema.String,
  holder: Schema.Struct({ id: Schema.String, name: Schema.String })
}) {
  /** Who has it. */
  get why() {
    const { id, name } = this.holder
    return name === this.name
      ? `the name ${quote(name)} is held by another session (${worded(id)})`
      : `the name ${spelledOut(this.name)} looks like ${spelledOut(name)}, which is in use (${worded(id)})`
  }

  override get message() {
    return `${this.why}; choose another one`
  }
}

/** The bus can't be used. `problem` says which file and why, `advice` what to do. */
export class BusUnavailable extends Schema.TaggedError<BusUnavailable>()("BusUnavailable", {
  file: Schema.String,
  problem: Schema.String,
  advice: Schema.String,
  /** The connection was lost in the middle, so that nobody knows whether it was done. */
  uncertain: Schema.optionalKey(Schema.Boolean)
}) {
  override get message() {
    return `the bus can't be used: ${worded(this.file)} ${this.problem}. ${this.advice}`
  }
}

/** Nobody by that name, or by that id, is on the bus. */
export class NobodyThere extends Schema.TaggedError<NobodyThere>()("NobodyThere", {
  to: Schema.String,
  /** A name in use that looks like it. */
  meant: Schema.optionalKey(Schema.String),
  /** What the session is called now that had this name. */
  renamed: Schema.optionalKey(Schema.String)
}) {
  override readonly [Runtime.errorExitCode] = exitCodes.notFound

  override get message() {
    if (this.renamed !== undefined)
      return `nobody called ${quote(this.to)} is on the bus now, so nothing was sent: the session that had this name is called ${quote(this.renamed)} now`
    const called =
      this.meant === undefined
        ? `${quote(this.to)} is on the bus now`
        : `${spelledOut(this.to)} is on the bus now, but ${spelledOut(this.meant)}, which looks like it, is`
    return `nobody called ${called}, so nothing was sent; \`who\` lists who is`
  }
}

/** A rule of the sender's own settings forbids it. */
export class Forbidden extends Schema.TaggedError<Forbidden>()("Forbidden", {
  reason: Schema.String
}) {
  override readonly [Runtime.errorExitCode] = exitCodes.refused

  override get message() {
    return this.reason
  }
}

/** What to do about too much of something, as a model reads it. */
const remedies = {
  again:
    "It is on its way already: `inbox` with sent shows how far it has come. Don't send it again unless there is something new to say",
  "to one":
    "Put what is left to say into one message, or stop: if the two of you are only thanking or confirming, the conversation is over",
  broadcasts: "Put what everybody needs to know into one message, or use dm for those it concerns",
  "in all": "Put what is left to say into a few messages, or stop"
}

/** A session has sent too much in too short a time. Nothing was written. */
export class TooFast extends Schema.TaggedError<TooFast>()("TooFast", {
  excess: Schema.Literals(["again", "to one", "broadcasts", "in all"]),
  limit: Schema.Finite,
  /** In milliseconds. */
  wait: Schema.Finite
}) {
  override readonly [Runtime.errorExitCode] = exitCodes.refused

  override get message() {
    const what = {
      again: "the same text went to the same receiver within the last 10 s",
      "to one": `${this.limit} messages went to this receiver within a minute, the most that CC_DM_RATE_LIMIT allows`,
      broadcasts: `${this.limit} broadcasts within a minute are the most that a session may make`,
      "in all": `this session sent ${this.limit} messages within a minute, the most that CC_DM_RATE_LIMIT allows`
    }[this.excess]
    return `${what}, so nothing was sent. Wait ${Math.ceil(this.wait / 1_000)} s before the next one. ${remedies[this.excess]}.`
  }
}

/** Too many messages wait for a receiver that does not read. Nothing was written. */
export class QueueFull extends Schema.TaggedError<QueueFull>()("QueueFull", {
  to: Schema.String,
  limit: Schema.Finite
}) {
  override readonly [Runtime.errorExitCode] = exitCodes.refused

  override get message() {
    return `${this.limit} messages already wait for ${quote(this.to)}, and no more are accepted (CC_DM_QUEUE_LIMIT), so nothing was sent. Wait until it has read some (\`inbox\` with sent shows it), or tell the user that it is not reading them.`
  }
}

/** The tool's input is not what its schema says. */
export class BadInput extends Schema.TaggedError<BadInput>()("BadInput", {
  problems: Schema.Array(Schema.String)
}) {
  override get message() {
    return this.problems.join("; ")
  }
}

/** An answer to a permission request that no longer counts. */
export class TooLate extends Schema.TaggedError<TooLate>()("TooLate", {
  requestId: Schema.String,
  why: Schema.String
}) {
  override readonly [Runtime.errorExitCode] = exitCodes.refused

  override get message() {
    return `too late: request ${worded(this.requestId)} ${this.why}, so this answer does not count`
  }
}
