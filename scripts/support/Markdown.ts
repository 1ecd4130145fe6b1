/** What a Markdown document links to, and the examples in it. */

/** Blocks and inline code hold examples, not links. */
const withoutCode = (text: string) => text.replace(/^( *)```.*?^\1```$/gms, "").replace(/`[^`\n]*`/g, "`")

/** The relative links of a document, as they stand in it: of Markdown, and of HTML inside it. */
export const linksOf = (text: string): ReadonlyArray<string> =>
  [...withoutCode(text).matchAll(/\]\(([^)\s]+)\)|(?:src|href)="([^"]+)"/g)]
    .map(([, link, source]) => link ?? source ?? "")
    .filter((link) => !/^[a-z]+:/.test(link))

/** A block of code in a document. */
export interface Block {
  readonly language: string
  /** What stands behind the language, which nobody sees who reads the page. */
  readonly remark: string
  readonly text: string
  /** Where it begins, counted from 1. */
  readonly line: number
}

export const blocksOf = (document: string): ReadonlyArray<Block> =>
  [...document.matchAll(/^( *)```(\w*) *([^\n]*)\n(.*?)^\1```$/gms)].map(
    ({ 1: indent = "", 2: language = "", 3: remark = "", 4: text = "", index }) => ({
      language,
      remark,
      text: text.replaceAll(new RegExp(`^${indent}`, "gm"), ""),
      line: document.slice(0, index).split("\n").length
    })
  )
