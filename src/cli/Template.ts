/** Lines of a form that the user chose: `{name}\t{role}`. */
import { Effect } from "effect"
import { inline, quote } from "../domain/Text.ts"
import { wrongUse } from "./Failure.ts"
import { didYouMean } from "./Nearest.ts"

const escapes: Readonly<Record<string, string>> = { n: "\n", t: "\t", "\\": "\\" }

const part = /\\([nt\\])|\{(\w+)\}/g

/**
 * Reads a template: fields in braces, `\t`, `\n` and `\\`; all else stands for itself. What others chose stays on its line, and drives
 * no terminal; what is not known is empty. Fails if a field is none of these.
 */
export const readTemplate = (template: string, fields: ReadonlyArray<string>) => {
  const named = [...template.matchAll(part)].flatMap(([, , field]) => field ?? [])
  const unknown = named.find((field) => !fields.includes(field))
  if (unknown !== undefined) {
    const hint = didYouMean(unknown, fields)
    return Effect.fail(
      wrongUse(
        `--format knows no field ${quote(unknown)}${hint === "" ? "." : hint} The fields are ${fields.join(", ")}.`
      )
    )
  }
  return Effect.succeed((values: Readonly<Record<string, unknown>>): string =>
    template.replace(part, (_, escaped: string | undefined, field = "") =>
      escaped === undefined ? inline(String(values[field] ?? "")) : (escapes[escaped] ?? "")
    )
  )
}
