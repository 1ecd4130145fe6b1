/** What an export draws: a lane for each who takes part, with an arrow for each message, and each thread along the time. */
import type { LoggedMessage } from "../../bus/messages/History.ts"
import { label } from "./Html.ts"

/** The page has so many colours; they are used again from the first. */
const colours = 8

/** The class that colours what is of somebody. */
export const colourOf = (index: number): string => `c${index % colours}`

/** Where the lanes stand, in pixels. */
export interface Lanes {
  readonly width: number
  readonly gap: number
  readonly at: (index: number) => number
}

const margin = 9
const widest = 240

/** Lanes for so many. Of many they stand closer. */
export const lanesFor = (count: number): Lanes => {
  const gap = Math.max(7, Math.min(24, Math.floor(widest / Math.max(1, count))))
  return { gap, width: 2 * margin + gap * Math.max(0, count - 1), at: (index) => margin + gap * index }
}

/** The rails of all lanes, as a background. */
export const railsOf = ({ gap, width }: Lanes): string =>
  `repeating-linear-gradient(to right, var(--line) 0 1px, transparent 1px ${gap}px) ${margin}px 0 / ${width - 2 * margin + 1}px 100% no-repeat`

const height = 20

/** An arrow from the lane of a sender to that of a receiver. */
export const arrowOf = (lanes: Lanes, from: number, to: number): string => {
  const [start, end] = [lanes.at(from), lanes.at(to)]
  const side = end > start ? -1 : 1
  const head = `<path d="M${end} ${height}l${side * 7} -4.5v9z" fill="currentColor"/>`
  const line = `<path d="M${start} ${height}H${end + side * 5}" stroke="currentColor" stroke-width="2"/>`
  return `<svg class="lanes ${colourOf(from)}" aria-hidden="true">${from === to ? "" : line + head}<circle cx="${start}" cy="${height}" r="4.5" fill="currentColor"/></svg>`
}

const longestName = 22
const cut = (name: string) => (name.length > longestName ? `${name.slice(0, longestName - 1)}…` : name)

/** The names of the lanes, aslant above them. */
export const legendOf = (lanes: Lanes, names: ReadonlyArray<string>): string => {
  const room = 16 + Math.max(0, ...names.map((name) => cut(name).length)) * 5.2
  const texts = names.map((name, index) => {
    const x = lanes.at(index) + 3
    const y = Math.ceil(room) - 6
    return `<text class="${colourOf(index)}" x="${x}" y="${y}" transform="rotate(-45 ${x} ${y})" fill="currentColor">${label(cut(name))}</text>`
  })
  return `<svg class="legend" aria-hidden="true" width="${lanes.width}" height="${Math.ceil(room)}" overflow="visible">${texts.join("")}</svg>`
}

/** One thread's messages along the time of all of them: a mark each, in its sender's colour. */
export const trackOf = (
  messages: ReadonlyArray<LoggedMessage>,
  laneOf: (name: string) => number,
  span: { readonly first: number; readonly last: number }
): string => {
  const length = span.last - span.first
  const xOf = ({ sentAt }: LoggedMessage) => {
    const share = length === 0 ? 0.5 : (Date.parse(sentAt) - span.first) / length
    return Math.round(4 + 988 * (Number.isNaN(share) ? 0 : share))
  }
  const places = messages.map(xOf)
  const marks = messages.map(
    ({ from }, index) =>
      `<rect class="${colourOf(laneOf(from))}" x="${places[index]}" y="2" width="4" height="12" fill="currentColor"/>`
  )
  return `<svg viewBox="0 0 1000 16" preserveAspectRatio="none" aria-hidden="true"><path class="track" d="M${Math.min(...places)} 8H${Math.max(...places) + 4}"/>${marks.join("")}</svg>`
}
