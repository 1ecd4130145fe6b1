/** Telling somebody who looks elsewhere: by their terminal, and by their desktop. No shell is involved, and no text is a part of a program. */
import { Effect } from "effect"
import { inline } from "../domain/Text.ts"
import { findProgram, outputOf } from "./Programs.ts"

/** What somebody is told. */
export interface Notice {
  readonly title: string
  readonly body: string
}

/** How long a desktop may take to show it, in milliseconds. */
const timeout = 5_000

/** So much of a text is told, in characters. */
const longest = 160

const cut = (text: string): string => {
  const characters = Array.from(inline(text))
  return characters.length <= longest ? characters.join("") : `${characters.slice(0, longest - 1).join("")}…`
}

/** The terminal, also if what is printed goes elsewhere. */
const terminal = [process.stderr, process.stdout].find(({ isTTY }) => isTTY === true)

/** Rings the bell, and lets a terminal that knows OSC 9 show the words. */
const inTerminal = ({ body, title }: Notice) =>
  Effect.sync(() => void terminal?.write(`\u0007\u001b]9;${title}: ${body}\u0007`))

/** A desktop may read marks of HTML in the words. */
const plain = (text: string) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;")

/** The words are arguments of this script, and no part of it. */
const appleScript = [
  "on run argv",
  "display notification (item 2 of argv) with title (item 1 of argv)",
  "end run"
].flatMap((line) => ["-e", line])

const onDesktop = ({ body, title }: Notice) => {
  const [name, args] =
    process.platform === "darwin"
      ? ["osascript", [...appleScript, title, body]]
      : ["notify-send", ["--app-name=cc-dm", "--", title, plain(body)]]
  const program = findProgram(name)
  return program === undefined ? Effect.void : Effect.asVoid(outputOf([program, ...args], timeout))
}

/** Tells it by whatever is there: it fails silently, since nobody may look. What stands in the words is shown harmless. */
export const tell = ({ body, title }: Notice): Effect.Effect<void> => {
  const notice = { title: cut(title), body: cut(body) }
  return Effect.andThen(inTerminal(notice), onDesktop(notice))
}
