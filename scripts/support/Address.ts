/** The address of the project, as the documents have it in the commands that install the plugin. */
import { Glob } from "bun"

const site = "https://github.com/"

/** What stands there as long as the project is not published: a checkout in the folder where the command is typed. */
const checkout = "./cc-dm"

/** `owner/name`, or a checkout, as plugin.json says. */
export const addressIn = (manifest: string): string => {
  const { repository }: { readonly repository?: string } = JSON.parse(manifest)
  return repository?.replace(site, "") ?? checkout
}

export const documentsWithAddress = (root: string): ReadonlyArray<string> => [
  "README.md",
  "plugin/README.md",
  ...[...new Glob("docs/**/*.md").scanSync({ cwd: root })].sort()
]

/** Gemini CLI wants a whole URL. */
const command = /(marketplace add |extensions install )([^\s`]+)/g

/** The addresses in the commands of a document. */
export const addressesOf = (text: string): ReadonlyArray<string> =>
  [...text.matchAll(command)].map(([, , address = ""]) => address.replace(site, ""))

export const replaceAddress = (text: string, from: string, to: string): string =>
  text.replace(command, (all, words: string, address: string) => {
    if (address.replace(site, "") !== from) return all
    return words + (words.startsWith("extensions") && !to.startsWith(".") ? site : "") + to
  })
