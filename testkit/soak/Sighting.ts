/** What a model was shown of messages, read from the texts as they stood before it. */

/** A message as somebody was shown it. */
export interface Sighting {
  readonly id: string
  /** Who wrote it, as it says. */
  readonly from: string
  /** It says that this is shown by nothing. */
  readonly isUnproven: boolean
  readonly content: string
  /** What stood beside it; only an event tells all of it. */
  readonly meta: Readonly<Record<string, unknown>>
}

const header = /\n\nMessage (\d+) from ("(?:[^"\\]|\\.)*")([^\n]*), sent [^\n]*:\n(\|[^\n]*(?:\n\|[^\n]*)*)/g

const inHook = (text: string): ReadonlyArray<Sighting> =>
  [...text.matchAll(header)].map(([, id = "", from = '""', labels = "", lines = ""]) => ({
    id,
    from: JSON.parse(from),
    isUnproven: labels.startsWith(", which nothing proves"),
    content: lines.replace(/^\| ?/gm, "").trimEnd(),
    meta: {}
  }))

const unescaped = (text: string) =>
  text.replaceAll("&quot;", '"').replaceAll("&gt;", ">").replaceAll("&lt;", "<").replaceAll("&amp;", "&")

/** A message as an event of the channel brings it. */
export const inEvent = (content: string, meta: Readonly<Record<string, unknown>>): Sighting => ({
  id: String(meta["message_id"]),
  from: String(meta["from_session"]),
  isUnproven: meta["from_proof"] === "none",
  content,
  meta
})

const inChannel = (text: string): ReadonlyArray<Sighting> => {
  const [, attributes = "", content = ""] = /^<channel([^>]*)>([\s\S]*)<\/channel>$/.exec(text) ?? []
  const meta = [...attributes.matchAll(/ (\w+)="([^"]*)"/g)].map(([, key = "", value = ""]) => [
    key,
    unescaped(value)
  ])
  return [inEvent(unescaped(content), Object.fromEntries(meta))]
}

interface Listed {
  readonly message_id: string
  readonly from?: string
  readonly from_proof?: string
  readonly content: string
}

const inInbox = (text: string): ReadonlyArray<Sighting> => {
  const messages: ReadonlyArray<Listed> = JSON.parse(text).messages ?? []
  return messages.flatMap(({ content, from, from_proof, message_id }) =>
    from === undefined ? [] : [{ id: message_id, from, isUnproven: from_proof === "none", content, meta: {} }]
  )
}

/** The messages in one text of a request: an event, the result of a tool, or what a hook said. */
export const sightingsIn = (text: string): ReadonlyArray<Sighting> => {
  if (text.startsWith("<channel ")) return inChannel(text)
  return text.startsWith('{"') ? inInbox(text) : inHook(text)
}
