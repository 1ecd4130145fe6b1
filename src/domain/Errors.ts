/** What can go wrong, as facts. `message` is the sentence that a model or a person reads. */
import { Schema } from "effect"
import { quote, spelledOut } from "./Text.ts"

/** The name, or one that looks like it, is held by a live session. */
export class NameTaken extends Schema.TaggedError<NameTaken>()("NameTaken", {
  name: Schema.String,
  holder: Schema.Struct({ id: Schema.String, name: Schema.String, doorbell: Schema.Boolean })
}) {
  override get message() {
    const { id, name } = this.holder
    return name === this.name
      ? `the name "${name}" is held by another session (${id}); choose another one`
      : `the name ${spelledOut(this.name)} looks like ${spelledOut(name)}, which is in use (${id}); choose another one`
  }
}

/** The bus can't be used. `problem` says which file and why, `advice` what to do. */
export class BusUnavailable extends Schema.TaggedError<BusUnavailable>()("BusUnavailable", {
  file: Schema.String,
  problem: Schema.String,
  advice: Schema.String
}) {
  override get message() {
    return `the bus can't be used: ${this.file} ${this.problem}. ${this.advice}`
  }
}

/** Nobody by that name, or by that id, is on the bus. */
export class NobodyThere extends Schema.TaggedError<NobodyThere>()("NobodyThere", {
  to: Schema.String,
  /** A name in use that looks like it. */
  meant: Schema.optionalKey(Schema.String)
}) {
  override get message() {
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
  override get message() {
    return this.reason
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
  override get message() {
    return `too late: request ${this.requestId} ${this.why}, so this answer does not count`
  }
}
