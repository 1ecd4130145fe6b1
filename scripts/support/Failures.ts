/** What failed in a run of `bun test`, taken from its lines: its report holds neither what a test printed nor a file that can't be loaded. */

export interface Failure {
  readonly file: string
  readonly name: string
  /** The runner's lines since the test before. */
  readonly said: ReadonlyArray<string>
}

/** As much of what was said as helps. The error comes last, so that what is left out was printed long before it. */
export const lastLines = (lines: ReadonlyArray<string>) => lines.slice(-60)

/** The failures in what a runner wrote to stderr, in its order. */
export const failuresIn = (shown: string): ReadonlyArray<Failure> => {
  const failures: Array<Failure> = []
  let file = ""
  let said: Array<string> = []
  /** Whether the lines are of what was thrown outside of a test, which stands between two rules. */
  let between = false
  const fail = (name: string) => failures.push({ file, name, said: lastLines(said) })
  for (const line of Bun.stripANSI(shown).split("\n")) {
    // Behind many tests the runner names once more those that failed.
    if (/^\d+ tests? failed:$/.test(line)) break
    const [, nextFile] = /^(\S+\.test\.tsx?):$/.exec(line) ?? []
    const [, outcome, name = ""] = /^\((pass|fail|skip|todo)\) (.*?)(?: \[[\d.]+m?s\])?$/.exec(line) ?? []
    const failure = failures.at(-1)
    if (nextFile !== undefined) file = nextFile
    else if (outcome === "fail") fail(name)
    else if (line === "# Unhandled error between tests") between = true
    else if (between && /^-+$/.test(line)) {
      if (said.length > 0) fail("between tests")
      between = said.length === 0
    } else if (line.startsWith("  ^ ") && said.length === 0 && failure !== undefined) {
      // Said behind its line: that it took too long.
      failures[failures.length - 1] = { ...failure, said: [...failure.said, line] }
    } else if (outcome === undefined) {
      if (line !== "" || said.length > 0) said.push(line)
      continue
    }
    said = []
  }
  return failures
}

/** The failures as text, in full and then by name alone, for who has only the last lines of a long log. */
export const wordsOf = (failures: ReadonlyArray<Failure>): string => {
  const titles = failures.map(({ file, name }) => `${file}: ${name}`)
  const inFull = failures.flatMap(({ said }, index) => [
    "",
    titles[index],
    ...said.map((line) => `    ${line}`)
  ])
  return ["Failed tests:", ...inFull, "", ...titles].join("\n")
}
