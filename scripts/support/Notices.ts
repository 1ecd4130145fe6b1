/**
 * The notices of what others wrote and the built files hold: made of what the bundler really took in. A package that ships no
 * licence text gets the text of its licence with its author's name; one under a licence that is not in the list stops the build.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { isBuiltin } from "node:module"
import { join } from "node:path"

/** Licences that let anybody pass the work on in another one, as long as their notice goes along. */
const allowed = ["MIT", "ISC", "BSD-2-Clause", "BSD-3-Clause", "Apache-2.0", "0BSD"]

interface Manifest {
  readonly name: string
  readonly version: string
  readonly license?: string
  readonly author?: string | { readonly name?: string }
  readonly repository?: string | { readonly url?: string }
}

/** Whether an SPDX expression can be met with the list: `OR` leaves a choice, `AND` none. */
const isAllowed = (expression: string): boolean =>
  expression
    .replace(/[()]/g, " ")
    .split(/\sOR\s/)
    .some((choice) => choice.split(/\sAND\s/).every((one) => allowed.includes(one.trim())))

const mitText = `Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated documentation
files (the "Software"), to deal in the Software without restriction, including without limitation the rights to use, copy,
modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, and to permit persons to whom the Software
is furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES
OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR COPYRIGHT HOLDERS BE
LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM, OUT OF OR IN
CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.`

const iscText = `Permission to use, copy, modify, and/or distribute this software for any purpose with or without fee is hereby granted, provided
that the above copyright notice and this permission notice appear in all copies.

THE SOFTWARE IS PROVIDED "AS IS" AND THE AUTHOR DISCLAIMS ALL WARRANTIES WITH REGARD TO THIS SOFTWARE INCLUDING ALL IMPLIED
WARRANTIES OF MERCHANTABILITY AND FITNESS. IN NO EVENT SHALL THE AUTHOR BE LIABLE FOR ANY SPECIAL, DIRECT, INDIRECT, OR
CONSEQUENTIAL DAMAGES OR ANY DAMAGES WHATSOEVER RESULTING FROM LOSS OF USE, DATA OR PROFITS, WHETHER IN AN ACTION OF CONTRACT,
NEGLIGENCE OR OTHER TORTIOUS ACTION, ARISING OUT OF OR IN CONNECTION WITH THE USE OR PERFORMANCE OF THIS SOFTWARE.`

const texts: Readonly<Record<string, string>> = { MIT: mitText, ISC: iscText }

/** What a package holds of others and does not say in a file of its own. */
const within: Readonly<Record<string, string>> = {
  "yoga-layout": `Its WebAssembly was made with Emscripten (MIT), which puts into it parts of musl (MIT, Copyright (c) 2005-2020 Rich Felker,
et al.) and of LLVM's libc++, libc++abi and compiler-rt (Apache-2.0 WITH LLVM-exception).`,
  "get-east-asian-width": "Its tables are made of Unicode's data: see UNICODE-LICENSE.txt beside this file."
}

const authorOf = ({ author, name }: Manifest): string => {
  const given = typeof author === "string" ? author : author?.name
  // Without an address: only the name is part of a notice.
  return given?.replace(/\s*[<(].*$/, "") ?? `the authors of ${name}`
}

const licenceText = (folder: string, manifest: Manifest, licence: string): string => {
  const files = readdirSync(folder)
    .filter((file) => /^(licen[cs]e|notice|copying)(\.|-|$)/i.test(file))
    .sort()
  if (files.length > 0)
    return (
      files
        // Line ends as git keeps them: a checkout has to be what the build makes.
        .map((file) => readFileSync(join(folder, file), "utf8").replaceAll("\r\n", "\n").trim())
        .join("\n\n")
    )
  const text = texts[licence]
  if (text === undefined)
    throw new Error(`${manifest.name} ships no licence text, and none of ${licence} is known here`)
  return `Copyright (c) ${authorOf(manifest)}\n\n${text}`
}

/** Comments in bundled files that claim a copyright, such as of code that a package took over from elsewhere. */
const claimsIn = (paths: ReadonlyArray<string>): ReadonlyArray<string> => {
  const claims = paths.flatMap((path) =>
    [...readFileSync(path, "utf8").matchAll(/\/\*[\s\S]*?\*\//g)]
      .map(([comment]) => comment)
      .filter((comment) => /copyright|\(c\)\s+\d{4}|@license|licensed under/i.test(comment))
      .map((comment) =>
        comment
          .replace(/^\/\*+!?|\*+\/$/g, "")
          .replace(/^[ \t]*\*[ \t]?/gm, "")
          .trim()
      )
  )
  return [...new Set(claims)].sort()
}

/** The folder of the package that a file belongs to; `undefined`: it is ours. */
const packageOf = (path: string): string | undefined => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0]

/** What a bundle took in, as Bun tells it: paths of files, and how many bytes of each are in an output. */
export interface Metafile {
  readonly outputs: Readonly<
    Record<string, { readonly inputs: Readonly<Record<string, { readonly bytesInOutput: number }>> }>
  >
}

/** The files of others that are in bundles, by the folder of their package. A file of which nothing is left counts, too. */
const bundled = (metafiles: ReadonlyArray<Metafile>): ReadonlyMap<string, ReadonlyArray<string>> => {
  const found = new Map<string, Set<string>>()
  for (const { outputs } of metafiles)
    for (const { inputs } of Object.values(outputs))
      for (const path of Object.keys(inputs)) {
        const folder = packageOf(path)
        if (folder === undefined) continue
        found.set(folder, (found.get(folder) ?? new Set()).add(path))
      }
  return new Map([...found].map(([folder, paths]) => [folder, [...paths].sort()]))
}

const line = "=".repeat(80)

const sectionOf = (root: string, folder: string, paths: ReadonlyArray<string>): readonly [string, string] => {
  const manifest: Manifest = JSON.parse(readFileSync(join(root, folder, "package.json"), "utf8"))
  const licence = manifest.license ?? "none"
  if (!isAllowed(licence))
    throw new Error(`${manifest.name} ${manifest.version} is under "${licence}", which is not in the list`)
  const text = licenceText(join(root, folder), manifest, licence)
  const claims = claimsIn(paths.map((path) => join(root, path)).filter((path) => existsSync(path)))
  const more = [
    ...(within[manifest.name] === undefined ? [] : [within[manifest.name] ?? ""]),
    ...(claims.length === 0 ? [] : [`In its files:\n\n${claims.join("\n\n")}`])
  ]
  const title = `${manifest.name} ${manifest.version} (${licence})`
  return [title, [line, title, line, "", text, ...more.flatMap((one) => ["", one]), ""].join("\n")]
}

/**
 * The notices of all that is in these bundles. `root`: the folder that the paths in them are relative to. Throws if a licence is not
 * in the list.
 */
export const noticesOf = (root: string, metafiles: ReadonlyArray<Metafile>): string => {
  const sections = new Map(
    [...bundled(metafiles)].map(([folder, paths]) => sectionOf(root, folder, paths)).sort()
  )
  return [
    "The files in dist hold code of these projects. Each stands under its own licence, which follows.",
    "Made by the build of cc-dm from what is in them: do not edit.",
    "",
    ...[...sections.keys()].map((title) => `  ${title}`),
    "",
    ...sections.values()
  ].join("\n")
}

/** Modules that a built file asks for and that come with neither Bun nor the plugin: on a user's machine they could be anybody's. */
export const strangersIn = (code: string): ReadonlyArray<string> =>
  new Bun.Transpiler({ loader: "js" })
    .scanImports(code)
    .map(({ path }) => path)
    .filter((path) => !isBuiltin(path) && !path.startsWith("bun:") && !path.startsWith("./"))
