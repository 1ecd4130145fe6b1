/**
 * A conversation as one HTML page that needs nothing else: no network, no other file, and no script but its own. What others wrote is
 * text in it (`Html.ts`). A browser that reads its policy runs and shows nothing else, whatever should stand in it all the same.
 */
import type { LoggedMessage } from "../../bus/messages/History.ts"
import {
  type DeliveryState,
  reasonInWords,
  DeliveryState as States,
  stateIdOf
} from "../../domain/Receipt.ts"
import { sha256InBase64 } from "../../platform/System.ts"
import type { Conversation, Thread } from "./Conversation.ts"
import { label, named, words } from "./Html.ts"
import { arrowOf, colourOf, type Lanes, lanesFor, legendOf, railsOf, trackOf } from "./Lanes.ts"
import sheet from "./page.css" with { type: "text" }
import script from "./view.page.js" with { type: "text" }

/** What the page says of itself. */
export interface About {
  readonly title: string
  readonly version: string
  /** When it was made, in milliseconds. */
  readonly now: number
}

const two = (value: number) => String(value).padStart(2, "0")

const dayOf = (iso: string): string => {
  const time = new Date(iso)
  return Number.isNaN(time.getTime())
    ? "At an unknown time"
    : time.toLocaleDateString("en-GB", { weekday: "long", day: "numeric", month: "long", year: "numeric" })
}

const clockOf = (iso: string): string => {
  const time = new Date(iso)
  if (Number.isNaN(time.getTime())) return "?"
  return [time.getHours(), time.getMinutes(), time.getSeconds()].map(two).join(":")
}

const zoneOf = (now: number): string => {
  const minutes = -new Date(now).getTimezoneOffset()
  const [hours, rest] = [Math.floor(Math.abs(minutes) / 60), Math.abs(minutes) % 60]
  return `UTC${minutes < 0 ? "-" : "+"}${two(hours)}:${two(rest)}`
}

const counted = (count: number, one: string, several = `${one}s`) => `${count} ${count === 1 ? one : several}`

const chipsOf = (message: LoggedMessage, isThere: (id: number) => boolean): string => {
  const { fromKind, kind, metadata, options, proof } = message
  const chip = (text: string, kind = "") => `<span class="chip${kind}">${label(text)}</span>`
  const answered = options.replyTo
  return [
    ...(kind === "chat" ? [] : [chip(kind.replaceAll("_", " "))]),
    ...(fromKind === "session" ? [] : [chip(`at the ${fromKind}`)]),
    ...(proof === "signed" ? [] : [chip("nothing proves who wrote it", " unproven")]),
    ...(metadata.message_type === undefined ? [] : [chip(metadata.message_type)]),
    ...(metadata.priority === undefined
      ? []
      : [chip(`${metadata.priority} priority`, metadata.priority === "urgent" ? " urgent" : "")]),
    ...(metadata.thread_id === undefined ? [] : [`<span>thread ${named(metadata.thread_id)}</span>`]),
    ...(answered === undefined
      ? []
      : [
          isThere(answered)
            ? `<a href="#m${answered}">in answer to #${answered}</a>`
            : `<span>in answer to #${answered}</span>`
        ])
  ].join("")
}

const articleOf = (
  message: LoggedMessage,
  thread: number,
  lanes: Lanes,
  laneOf: (name: string) => number,
  isThere: (id: number) => boolean
): string => {
  const { content, from, id, reason, sentAt, state, to } = message
  const [start, end] = [laneOf(from), laneOf(to)]
  const who = (name: string, lane: number) => `<strong class="${colourOf(lane)}">${named(name)}</strong>`
  return `<article id="m${id}" tabindex="-1" data-thread="${thread}" data-state="${stateIdOf(state)}">
<time datetime="${label(sentAt)}"><a href="#m${id}" title="Message ${id}, ${label(sentAt)}">${clockOf(sentAt)}</a></time>
${arrowOf(lanes, start, end)}
<div class="card"><div class="head"><span class="way">${who(from, start)} to ${who(to, end)}</span>${chipsOf(message, isThere)}<span class="state ${stateIdOf(state)}">${state}</span></div>
<p class="words" dir="auto">${words(content)}</p>${reason === undefined ? "" : `<p class="why">${words(reasonInWords(reason))}</p>`}</div>
</article>`
}

const titleOf = ({ id, names }: Thread): string =>
  id === undefined ? names.map(named).join(" and ") : `thread ${named(id)}`

const threadsOf = (conversation: Conversation, laneOf: (name: string) => number): string => {
  const byId = new Map(conversation.messages.map((message) => [message.id, message]))
  const times = conversation.messages
    .map(({ sentAt }) => Date.parse(sentAt))
    .filter((time) => !Number.isNaN(time))
  const span = { first: Math.min(...times), last: Math.max(...times) }
  const rows = conversation.threads.map((thread, index) => {
    const messages = thread.messages.flatMap((id) => byId.get(id) ?? [])
    const inner = `<span class="title">${titleOf(thread)}</span><span class="count">${messages.length}</span>${trackOf(messages, laneOf, span)}`
    return `<li><span class="row plain">${inner}</span><button class="row" type="button" data-thread="${index}" aria-pressed="false">${inner}</button></li>`
  })
  return `<h2 id="threads">Threads</h2>
<ul class="threads" aria-labelledby="threads" tabindex="0">
${rows.join("\n")}
</ul>`
}

const barOf = (states: ReadonlyArray<DeliveryState>): string => `<form class="bar" role="search">
<input type="search" id="search" aria-label="Search in messages" placeholder="Search" autocomplete="off" spellcheck="false">
<fieldset><legend>State</legend>${states
  .map(
    (state) =>
      `<label class="${stateIdOf(state)}"><input type="checkbox" name="state" value="${stateIdOf(state)}" checked> ${state}</label>`
  )
  .join("\n")}</fieldset>
<output aria-live="polite"></output>
<button type="button" id="theme">Light or dark</button>
</form>`

const rowsOf = (conversation: Conversation, lanes: Lanes, laneOf: (name: string) => number): string => {
  let day = ""
  return conversation.messages
    .map((message) => {
      const its = dayOf(message.sentAt)
      const heading = its === day ? "" : `<h3 class="day">${its}</h3>\n`
      day = its
      const thread = conversation.threadOf.get(message.id) ?? 0
      return heading + articleOf(message, thread, lanes, laneOf, (id) => conversation.threadOf.has(id))
    })
    .join("\n")
}

/** The page as a whole. There is at least one message in it. */
export const pageOf = (conversation: Conversation, { now, title, version }: About): string => {
  const { messages, names, threads } = conversation
  const indexes = new Map(names.map((name, index) => [name, index]))
  const laneOf = (name: string) => indexes.get(name) ?? 0
  const lanes = lanesFor(names.length)
  const states = States.literals.filter((state) => messages.some((message) => message.state === state))
  const style = `${sheet}:root { --lanes: ${lanes.width}px; }\n.lanes { background: ${railsOf(lanes)}; }\n`
  const policy = [
    "default-src 'none'",
    `style-src 'sha256-${sha256InBase64(style)}'`,
    `script-src 'sha256-${sha256InBase64(script)}'`,
    "base-uri 'none'",
    "form-action 'none'"
  ].join("; ")
  const made = `${dayOf(new Date(now).toISOString())}, ${clockOf(new Date(now).toISOString())}`
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<meta name="color-scheme" content="light dark">
<title>${label(title)}</title>
<style>${style}</style>
</head>
<body>
<a class="skip" href="#messages">To the messages</a>
<div class="page">
<header>
<h1>${label(title)}</h1>
<p class="soft">${counted(messages.length, "message")} between ${counted(names.length, "name")} in ${counted(threads.length, "thread")}. Written by cc-dm ${label(version)} on ${made}; times are ${zoneOf(now)}.</p>
</header>
${barOf(states)}
<main>
${threadsOf(conversation, laneOf)}
<h2 id="messages">Messages</h2>
<p class="soft keys"><span><kbd>/</kbd> search</span><span><kbd>j</kbd> <kbd>k</kbd> next and previous message</span><span><kbd>Esc</kbd> show all</span></p>
${legendOf(lanes, names)}
<section class="rows" aria-labelledby="messages">
${rowsOf(conversation, lanes, laneOf)}
</section>
<p class="none" hidden>No message is like that. Esc shows all again.</p>
</main>
</div>
<script>${script}</script>
</body>
</html>
`
}
