/** What is on the bus to be typed: names, projects, numbers of messages, requests. What others chose is offered only if it is plain. */
import { Effect } from "effect"
import { History } from "../../bus/messages/History.ts"
import { Requests } from "../../bus/requests/Requests.ts"
import { Registry } from "../../bus/roster/Registry.ts"
import { inline } from "../../domain/Text.ts"
import { ReadOnlyStorage } from "../Storage.ts"
import type { Candidate, Kind, Known } from "./Complete.ts"

/** So many of the newest messages are offered. */
const mostNumbers = 30

/** Letters and digits of any script and what stands between them in names: no shell reads anything into it. */
const isPlain = ({ value }: Candidate) =>
  /^[\p{L}\p{M}\p{N}_./@-]{1,200}$/u.test(value) && !value.startsWith("-")

const longest = 60

const about = (text: string) => {
  const characters = Array.from(inline(text))
  return characters.length <= longest ? characters.join("") : `${characters.slice(0, longest - 1).join("")}…`
}

const roster = Effect.flatMap(Registry, (registry) => registry.roster)

const byKind: Readonly<
  Record<Kind, Effect.Effect<ReadonlyArray<Candidate>, unknown, Registry | History | Requests>>
> = {
  names: Effect.map(roster, (entries) =>
    entries.map(({ name, project, role }) => ({
      value: name,
      about: about(project === null ? role : `${role}, ${project}`)
    }))
  ),
  people: Effect.map(roster, (entries) =>
    entries.flatMap(({ kind, name }) => (kind === "command line" ? [{ value: name, about: "" }] : []))
  ),
  projects: Effect.map(roster, (entries) =>
    [...new Set(entries.flatMap(({ project }) => project ?? []))]
      .sort()
      .map((value) => ({ value, about: "" }))
  ),
  numbers: Effect.gen(function* () {
    const { messages } = yield* (yield* History).overview({ limit: mostNumbers })
    return messages.toReversed().map(({ content, from, id, to }) => ({
      value: String(id),
      about: about(`${from} -> ${to}: ${content}`)
    }))
  }),
  requests: Effect.gen(function* () {
    const open = yield* (yield* Requests).open
    return open.map(({ askerName, requestId, tool }) => ({
      value: requestId,
      about: about(`${askerName}: ${tool}`)
    }))
  })
}

/** Where nothing can be read there is nothing to offer. */
export const knownOnBus: Known = (kind) =>
  byKind[kind].pipe(
    Effect.map((candidates) => candidates.filter(isPlain)),
    Effect.provide(ReadOnlyStorage),
    Effect.orElseSucceed((): ReadonlyArray<Candidate> => [])
  )
