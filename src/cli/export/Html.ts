/** HTML from foreign text: only what went through here may stand in a page. */
import { inline, visible } from "../../domain/Text.ts"

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;"
}

const escaped = (text: string): string => text.replace(/[&<>"']/g, (character) => entities[character] ?? "")

/** Foreign text as the text of an element: what hides in it, or reorders it, is shown as code points. */
export const words = (text: string): string => escaped(visible(text.replace(/\r\n/g, "\n")))

/** The same on one line, also for an attribute in double quotes. */
export const label = (text: string): string => escaped(inline(text))

/** A name among words of ours: its direction of writing ends with it. */
export const named = (name: string): string => `<bdi>${label(name)}</bdi>`
