/** A list of checks: one line each as they come, and an exit code of 1 if one failed. */
export class Checks {
  #failed = 0

  /** Runs a check. It fails by throwing, and whatever comes after it goes on. */
  async check<Value>(what: string, body: () => Value | Promise<Value>): Promise<Value | undefined> {
    try {
      const value = await body()
      console.log(`ok      ${what}`)
      return value
    } catch (error) {
      this.#failed++
      process.exitCode = 1
      console.log(`FAILED  ${what}`)
      console.log(indent(error instanceof Error ? error.message : String(error)))
      return undefined
    }
  }

  /** Says that a check was left out, and why. */
  skip(what: string, why: string): void {
    console.log(`skipped ${what}: ${why}`)
  }

  /** The last line. */
  summary(what: string): void {
    console.log(this.#failed === 0 ? `${what}: all is well` : `${what}: ${this.#failed} failed`)
  }
}

/** Ends a check if something does not hold. */
export const expect = (holds: boolean, otherwise: string): void => {
  if (!holds) throw new Error(otherwise)
}

const indent = (text: string): string =>
  text
    .trim()
    .split("\n")
    .map((line) => `        ${line}`)
    .join("\n")
