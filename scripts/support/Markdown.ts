/** What a Markdown document links to. */

/** Blocks and inline code hold examples, not links. */
const withoutCode = (text: string) => text.replace(/^( *)```.*?^\1```$/gms, "").replace(/`[^`\n]*`/g, "`")

/** The relative links of a document, as they stand in it: of Markdown, and of HTML inside it. */
export const linksOf = (text: string): ReadonlyArray<string> =>
  [...withoutCode(text).matchAll(/\]\(([^)\s]+)\)|(?:src|href)="([^"]+)"/g)]
    .map(([, link, source]) => link ?? source ?? "")
    .filter((link) => !/^[a-z]+:/.test(link))
