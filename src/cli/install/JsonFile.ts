/** What cc-dm has in a JSON file of an agent: an entry for its server, hooks, and switches. Put in, and taken out. */
import { Predicate, Result } from "effect"
import { addToList, type JsonPath, readJson, removeAt, setValue, valueAt } from "./JsonText.ts"

/** An object of ours: `values` have to be as they are here, `defaults` stay as the user has set them. */
export interface Entry {
  readonly path: ReadonlyArray<string>
  readonly values: Readonly<Record<string, unknown>>
  readonly defaults?: Readonly<Record<string, Readonly<Record<string, string>>>>
}

/** A setting of the agent's own, which has a value before. */
export interface Switch {
  readonly path: ReadonlyArray<string>
  readonly value: unknown
  /** The member of an object by which it is ours, whatever else the user has put into it, and which nobody but cc-dm sets so. */
  readonly mark?: string
  /** Why another value is not replaced, in words that follow the file's name; absent: it is. */
  readonly refusal?: string
}

/** Hooks by event, in lists below one object. */
export interface Hooks {
  readonly path: ReadonlyArray<string>
  readonly events: Readonly<Record<string, Readonly<Record<string, unknown>>>>
  readonly isOurs: (hook: Readonly<Record<string, unknown>>) => boolean
}

/** All that cc-dm has in one file. */
export interface JsonParts {
  readonly entries?: ReadonlyArray<Entry>
  readonly hooks?: Hooks
  readonly switches?: ReadonlyArray<Switch>
}

/** What was before a switch was set; no `before`: nothing. */
export interface Switched extends Pick<Switch, "path" | "value" | "mark"> {
  readonly before?: unknown
}

type Step = (text: string) => Result.Result<string, string>

const inTurn = (text: string, steps: ReadonlyArray<Step>): Result.Result<string, string> =>
  steps.reduce<Result.Result<string, string>>(
    (result, step) => Result.flatMap(result, step),
    Result.succeed(text)
  )

/** Where a hook of ours is: below the event, its group and its place there. */
interface Place {
  readonly event: string
  readonly group: number
  readonly hook: number
  readonly value: Readonly<Record<string, unknown>>
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  Predicate.isObject(value) && !Array.isArray(value)

/** Whether a setting has the value that a switch gives it. */
export const isSet = ({ mark, value }: Pick<Switch, "value" | "mark">, found: unknown): boolean =>
  mark === undefined
    ? Bun.deepEquals(found, value)
    : isObject(found) && isObject(value) && found[mark] === value[mark]

/** Hooks of ours, as they are in the file. */
const placesIn = (text: string, { isOurs, path }: Hooks): ReadonlyArray<Place> => {
  const events = valueAt(text, path)
  if (!isObject(events)) return []
  return Object.entries(events).flatMap(([event, groups]) =>
    !Array.isArray(groups)
      ? []
      : groups.flatMap((group: unknown, at) =>
          !isObject(group) || !Array.isArray(group["hooks"])
            ? []
            : group["hooks"].flatMap((value: unknown, hook) =>
                isObject(value) && isOurs(value) ? [{ event, group: at, hook, value }] : []
              )
        )
  )
}

const isEmpty = (value: unknown) =>
  (Array.isArray(value) && value.length === 0) || (isObject(value) && Object.keys(value).length === 0)

const removeIfEmpty = (text: string, path: JsonPath): string =>
  isEmpty(valueAt(text, path)) ? removeAt(text, path) : text

/** Without a hook, and without its group if nothing else is in it. */
const withoutHook = (text: string, path: JsonPath, { event, group, hook }: Place): string => {
  const list = [...path, event, group, "hooks"]
  const left = removeAt(text, [...list, hook])
  return isEmpty(valueAt(left, list)) ? removeAt(left, [...path, event, group]) : left
}

const hookSteps = (text: string, hooks: Hooks): ReadonlyArray<Step> => {
  const places = placesIn(text, hooks)
  const kept = new Set<string>()
  const steps: Array<Step> = []
  // From the end: the places before one that goes keep their numbers.
  for (const place of places.toReversed()) {
    const wanted = hooks.events[place.event]
    if (wanted === undefined || kept.has(place.event))
      steps.push((at) =>
        Result.succeed(removeIfEmpty(withoutHook(at, hooks.path, place), [...hooks.path, place.event]))
      )
    else {
      kept.add(place.event)
      steps.push((at) => setValue(at, [...hooks.path, place.event, place.group, "hooks", place.hook], wanted))
    }
  }
  for (const [event, hook] of Object.entries(hooks.events))
    if (!kept.has(event)) steps.push((at) => addToList(at, [...hooks.path, event], { hooks: [hook] }))
  return steps
}

const entrySteps = (text: string, { defaults = {}, path, values }: Entry): ReadonlyArray<Step> => {
  if (!isObject(valueAt(text, path))) return [(at) => setValue(at, path, { ...values, ...defaults })]
  return [
    ...Object.entries(values).map(
      ([name, value]): Step =>
        (at) =>
          setValue(at, [...path, name], value)
    ),
    ...Object.entries(defaults).flatMap(([name, inner]) =>
      Object.entries(inner).map(
        ([key, value]): Step =>
          (at) =>
            valueAt(at, [...path, name, key]) === undefined
              ? setValue(at, [...path, name, key], value)
              : Result.succeed(at)
      )
    )
  ]
}

const setSwitch = (text: string, { refusal, ...one }: Switch): Result.Result<string, string> => {
  const found = valueAt(text, one.path)
  if (isSet(one, found)) return Result.succeed(text)
  return found !== undefined && refusal !== undefined
    ? Result.fail(refusal)
    : setValue(text, one.path, one.value)
}

/** The text with all of ours in it. Fails with what is in the way, in words that follow the file's name. */
export const putIn = (text: string, parts: JsonParts): Result.Result<string, string> =>
  Result.flatMap(readJson(text), () =>
    Result.flatMap(
      inTurn(text, [
        ...(parts.entries ?? []).flatMap((entry) => entrySteps(text, entry)),
        ...(parts.hooks === undefined ? [] : hookSteps(text, parts.hooks)),
        ...(parts.switches ?? []).map(
          (one): Step =>
            (at) =>
              setSwitch(at, one)
        )
      ]),
      (after) => checked(text, after, parts)
    )
  )

/** What is not ours: the same before and after. */
const restOf = (text: string, parts: JsonParts): unknown => {
  const switched = (parts.switches ?? []).flatMap(({ path }) => {
    const value = valueAt(text, path)
    return value === undefined ? [] : [{ path, value }]
  })
  return valueAt(
    takeOut(text, parts, switched, () => true),
    []
  )
}

/** A name that stands twice in the file would have one value for us and another one for the agent. */
const checked = (before: string, after: string, parts: JsonParts): Result.Result<string, string> =>
  Result.flatMap(readJson(after), () => {
    const whole = valueAt(after, [])
    const at = (path: ReadonlyArray<string>) =>
      path.reduce<unknown>((found, part) => (isObject(found) ? found[part] : undefined), whole)
    const isThere = (path: ReadonlyArray<string>, value: unknown) => Bun.deepEquals(at(path), value)
    const allThere =
      (parts.entries ?? []).every(({ path, values }) =>
        Object.entries(values).every(([name, value]) => isThere([...path, name], value))
      ) && (parts.switches ?? []).every((one) => isSet(one, at(one.path)))
    return allThere && Bun.deepEquals(restOf(after, parts), restOf(before, parts))
      ? Result.succeed(after)
      : Result.fail("is written in a way that cc-dm can't change: look for a name that stands there twice")
  })

const putBack = (text: string, path: ReadonlyArray<string>, value: unknown): string =>
  value === undefined ? removeAt(text, path) : Result.getOrElse(setValue(text, path, value), () => text)

/** The objects on the way to ours that are not in the text. */
export const missingContainers = (text: string, parts: JsonParts): ReadonlyArray<ReadonlyArray<string>> => {
  const leaves = [
    ...(parts.entries ?? []).map(({ path }) => path),
    ...(parts.switches ?? []).map(({ path }) => path),
    ...Object.keys(parts.hooks?.events ?? {}).map((event) => [...(parts.hooks?.path ?? []), event, ""])
  ]
  const ways = leaves.flatMap((path) => path.slice(0, -1).map((_, index) => path.slice(0, index + 1)))
  const seen = new Map(ways.map((way) => [JSON.stringify(way), way]))
  return [...seen.values()].filter((way) => valueAt(text, way) === undefined)
}

/**
 * The text without ours.
 *
 * @param switched what the switches were before; one that somebody has set otherwise since stays
 * @param isMade whether an object that is empty now was made for ours, and goes with it
 */
export const takeOut = (
  text: string,
  parts: JsonParts,
  switched: ReadonlyArray<Switched>,
  isMade: (path: ReadonlyArray<string>) => boolean
): string => {
  const { hooks } = parts
  const places = hooks === undefined ? [] : placesIn(text, hooks)
  let left = (parts.entries ?? []).reduce((at, { path }) => removeAt(at, path), text)
  for (const place of places.toReversed()) left = withoutHook(left, hooks?.path ?? [], place)
  for (const { before, path, ...one } of switched)
    if (isSet(one, valueAt(left, path))) left = putBack(left, path, before)
  const containers = [
    ...places.map(({ event }) => [...(hooks?.path ?? []), event]),
    ...(hooks === undefined ? [] : [hooks.path]),
    ...(parts.entries ?? []).map(({ path }) => path.slice(0, -1)),
    ...switched.flatMap(({ path }) =>
      path.slice(0, -1).map((_, index) => path.slice(0, path.length - 1 - index))
    )
  ]
  return containers.reduce((at, path) => (isMade(path) ? removeIfEmpty(at, path) : at), left)
}

/** Switches that an installation has set, as their marks show. */
export const markedIn = (text: string, { switches = [] }: JsonParts): ReadonlyArray<Switch> =>
  switches.filter((one) => one.mark !== undefined && isSet(one, valueAt(text, one.path)))

/** Whether any of ours is in a text. */
export const isIn = (text: string, parts: JsonParts): boolean =>
  (parts.entries ?? []).some(({ path }) => valueAt(text, path) !== undefined) ||
  (parts.hooks !== undefined && placesIn(text, parts.hooks).length > 0) ||
  markedIn(text, parts).length > 0
