/** The arguments of `cc-dm status`, as long as they are plain. */
import { unknownIn } from "./StatusLine.ts"

export interface Options {
  /** `undefined`: the usual line. */
  readonly format: string | undefined
  readonly json: boolean
  readonly name: string | undefined
}

/** Reads them. `undefined`: they are not plain, and the command line is to say what is wrong with them, or to show help. */
export const optionsIn = (args: ReadonlyArray<string>): Options | undefined => {
  const given: Record<string, string> = {}
  let json = false
  for (let at = 0; at < args.length; at++) {
    const [, flag = "", value = args[at + 1]] = /^--(format|name)(?:=(.*))?$/s.exec(args[at] ?? "") ?? []
    if (args[at] === "--json") json = true
    else if (flag === "" || value === undefined || flag in given) return undefined
    else {
      given[flag] = value
      if (args[at] === `--${flag}`) at++
    }
  }
  const { format, name } = given
  if (format !== undefined && (json || unknownIn(format) !== undefined)) return undefined
  return { format, json, name }
}
