/**
 * The toolkit reads an optional value only if it stands behind `=`. `--wait 30s` would send "30s" as the text, or say
 * that it is one argument too many; so a span of time behind such a flag is attached to it first.
 */

const flags = ["--wait"]

/** Attaches spans of time to the flags in front of them, up to `--`. */
export const attachSpans = (args: ReadonlyArray<string>): ReadonlyArray<string> => {
  const end = args.includes("--") ? args.indexOf("--") : args.length
  const isSpanOf = (index: number) =>
    index > 0 &&
    index < end &&
    flags.includes(args[index - 1] ?? "") &&
    /^\d{1,9}[smhd]$/i.test(args[index] ?? "")
  return args.flatMap((arg, index) => {
    if (isSpanOf(index)) return []
    return isSpanOf(index + 1) ? [`${arg}=${args[index + 1]}`] : [arg]
  })
}
