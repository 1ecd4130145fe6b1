/** A status in words: on one line, for a status line or a prompt. Names are those of others, and are shown harmless. */
import { inline, visibleJson } from "../domain/Text.ts"
import type { Present, Status } from "./Status.ts"

/** So many of the others are named. */
const mostNames = 4

/** The longest name that is shown whole, in characters. */
const longestName = 40

const shown = (text: string): string => {
  const characters = Array.from(inline(text))
  return characters.length <= longestName
    ? characters.join("")
    : `${characters.slice(0, longestName - 1).join("")}…`
}

const isNamed = ({ id, name }: Present) => name !== id

const namesOf = (others: ReadonlyArray<Present>): string => {
  const names = others.slice(0, mostNames).map(({ name }) => shown(name))
  const left = others.length - names.length
  return left === 0 ? names.join(", ") : `${names.join(", ")} +${left}`
}

const count = (number: number, one: string, many: string): ReadonlyArray<string> =>
  number === 0 ? [] : [number === 1 ? `1 ${one}` : `${number} ${many}`]

const whoOf = ({ asker, me }: Status): string => {
  if (me === undefined) return asker === "session" ? "cc-dm: not on the bus" : "cc-dm"
  return isNamed(me) ? shown(me.name) : "cc-dm: no name yet (/cc-dm:register)"
}

/** The line that is shown where nobody asks for another one. */
export const usualLine = (status: Status): string => {
  if (status.bus === "none") return "cc-dm: nobody is here yet"
  if (status.bus === "unreadable") return "cc-dm: the bus can't be read (cc-dm doctor)"
  const { others, requests, waiting } = status
  return [
    whoOf(status),
    ...count(waiting, "message waits", "messages wait"),
    ...count(requests, "permission request", "permission requests"),
    others.length === 0 ? "nobody else is here" : `here: ${namesOf(others)}`
  ].join(" · ")
}

const values: Readonly<Record<string, (status: Status) => string>> = {
  name: ({ me }) => (me !== undefined && isNamed(me) ? shown(me.name) : ""),
  id: ({ me }) => shown(me?.id ?? ""),
  role: ({ me }) => shown(me?.role ?? ""),
  project: ({ me }) => shown(me?.project ?? ""),
  doing: ({ me }) => shown(me?.doing ?? ""),
  waiting: ({ waiting }) => String(waiting),
  requests: ({ requests }) => String(requests),
  here: ({ me, others }) => String(others.length + (me === undefined ? 0 : 1)),
  others: ({ others }) => namesOf(others),
  bus: ({ bus }) => bus
}

/** What may stand between braces. */
export const placeholders: ReadonlyArray<string> = Object.keys(values)

/** What a format asks for that there is not; `undefined`: it is fine. */
export const unknownIn = (format: string): string | undefined =>
  [...format.matchAll(/\{\{|\{([^{}]*)\}/g)]
    .flatMap(([, name]) => name ?? [])
    .find((name) => !(name in values))

/** The line of a format: each `{name}` becomes what it stands for, and `{{` is a brace. */
export const lineOf = (format: string, status: Status): string =>
  format.replace(/\{\{|\{([^{}]*)\}/g, (whole, name: string | undefined) =>
    name === undefined ? "{" : (values[name]?.(status) ?? whole)
  )

/** A status as JSON. */
export const jsonOf = ({ asker, bus, me, others, requests, waiting }: Status) => ({
  bus,
  asker,
  id: me?.id ?? null,
  name: me !== undefined && isNamed(me) ? me.name : null,
  role: me?.role ?? null,
  project: me?.project ?? null,
  waiting,
  requests,
  others: others.map(({ doing, id, name, project, role }) => ({ id, name, role, project, doing }))
})

/** What is printed. Whatever stands in it drives no terminal. */
export const printed = (
  status: Status,
  { format, json }: { readonly format: string | undefined; readonly json: boolean }
) =>
  json
    ? visibleJson(JSON.stringify(jsonOf(status), null, 2))
    : format === undefined
      ? usualLine(status)
      : lineOf(format, status)
