/** A list of checks: one line each as they come, and an exit code of 1 if one failed. */
export class Checks {
  #failed = 0
  #passed = 0
  readonly #timed: boolean

  /** `timed`: each line says how long it took, and what the check gives if that is a text. */
  constructor({ timed = false }: { readonly timed?: boolean } = {}) {
    this.#timed = timed
  }

  /** Runs a check. It fails by throwing, and whatever comes after it goes on. */
  async check<Value>(what: string, body: () => Value | Promise<Value>): Promise<Value | undefined> {
    const start = performance.now()
    const took = () => (this.#timed ? ` (${((performance.now() - start) / 1_000).toFixed(1)} s)` : "")
    try {
      const value = await body()
      this.#passed++
      console.log(`ok      ${what}${took()}${this.#timed && typeof value === "string" ? `: ${value}` : ""}`)
      return value
    } catch (error) {
      this.#failed++
      process.exitCode = 1
      console.log(`FAILED  ${what}${took()}`)
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

  /** The last line, with numbers. */
  tally(): void {
    console.log(`${this.#passed} passed, ${this.#failed} failed`)
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
