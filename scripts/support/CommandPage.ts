/** The page of all commands, made of what the built command says in its help. */
import { join } from "node:path"
import { mustRun } from "./run.ts"

const command = join(import.meta.dir, "../../plugin/bin/cc-dm")

const help = (...path: ReadonlyArray<string>): Promise<string> =>
  mustRun([command, "help", ...path], {
    env: {
      HOME: "/nonexistent",
      PATH: `${join(process.execPath, "..")}:${process.env["PATH"]}`,
      NO_COLOR: "1"
    }
  })

/** The text below a heading of help. */
const section = (text: string, heading: string): string =>
  new RegExp(`^${heading}\\n([\\s\\S]*?)(?=\\n[A-Z][A-Z ]+\\n|(?![\\s\\S]))`, "m")
    .exec(text)?.[1]
    ?.trimEnd() ?? ""

/** The commands that help lists, in its order. */
export const commandsIn = (text: string): ReadonlyArray<string> =>
  section(text, "SUBCOMMANDS")
    .split("\n")
    .map((line) => line.trim().split(/[\s,]+/)[0] ?? "")
    .filter((name) => name !== "")

/** Lines of two columns: what it is, and what it does. A line that begins far to the right goes on with the one before. */
const rowsOf = (text: string): ReadonlyArray<readonly [what: string, does: string]> => {
  const rows: Array<[string, string]> = []
  for (const line of text.split("\n")) {
    const [, what, does] = /^ {2}(\S.*?)(?: {2,}(.+))?$/.exec(line) ?? []
    const last = rows.at(-1)
    if (what !== undefined) rows.push([what, does ?? ""])
    else if (last !== undefined) last[1] = `${last[1]} ${line.trim()}`.trim()
  }
  return rows
}

const table = (title: string, rows: ReadonlyArray<readonly [string, string]>): ReadonlyArray<string> =>
  rows.length === 0
    ? []
    : [
        `| ${title} | |`,
        "| --- | --- |",
        ...rows.map(
          ([what, does]) => `| \`${what.replaceAll("|", "\\|")}\` | ${does.replaceAll("|", "\\|")} |`
        ),
        ""
      ]

const pageOf = async (path: ReadonlyArray<string>): Promise<ReadonlyArray<string>> => {
  const text = await help(...path)
  const subcommands = commandsIn(text)
  const examples = section(text, "EXAMPLES")
  const below = await Promise.all(subcommands.map((name) => pageOf([...path, name])))
  return [
    `${"#".repeat(path.length + 1)} cc-dm ${path.join(" ")}`,
    "",
    `${section(text, "DESCRIPTION").replaceAll(/\s+/g, " ").trim()}.`,
    "",
    `    ${section(text, "USAGE").trim()}`,
    "",
    ...table("argument", rowsOf(section(text, "ARGUMENTS"))),
    ...table("flag", rowsOf(section(text, "FLAGS"))),
    ...(examples === ""
      ? []
      : ["```text", ...examples.split("\n").map((line) => line.replace(/^ {2}/, "")), "```", ""]),
    ...below.flat()
  ]
}

/** The page, as Markdown. */
export const commandPage = async (): Promise<string> => {
  const pages = await Promise.all(commandsIn(await help()).map((name) => pageOf([name])))
  return [
    "# Commands",
    "",
    "What `cc-dm help` says of each command. [The command line](../user/command-line.md) explains them. All take `--help`.",
    "",
    ...pages.flat()
  ]
    .join("\n")
    .trimEnd()
    .concat("\n")
}
