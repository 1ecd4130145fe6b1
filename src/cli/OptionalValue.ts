/**
 * The toolkit reads an optional value only after `=`. With `--wait 30s` it would send "30s" as the text, or complain of one
 * argument too many. So a span of time that follows such a flag is first joined to it with `=`.
 */

const flags = ["--wait"]

/** Attaches spans of time to the flags in front of them, up to `--`. */
export const attachSpans = (args: ReadonlyArray<string>): ReadonlyArray<string> => {
  const end = args.includes("--") ? args.indexOf("--") : args.length
  const isSpanOf = (index: number) =>
    index > 0 &&
    index < end &&
    flags.includes(args[index - 1] ?? "") &&
    /^(\d{1,9}[smhd])+$/i.test(args[index] ?? "")
  return args.flatMap((arg, index) => {
    if (isSpanOf(index)) return []
    return isSpanOf(index + 1) ? [`${arg}=${args[index + 1]}`] : [arg]
  })
}
