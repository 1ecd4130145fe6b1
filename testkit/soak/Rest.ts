/** How far each message must have come once everything has come to rest. */
import type { Book, Copy } from "./Book.ts"

const isCurrent = (book: Book, id: string) =>
  book.players.some((player) => player.isSettled && player.ids.at(-1) === id)

const wasTold = (book: Book, { row }: Copy) => {
  const sender = row.senderId ?? ""
  // Who is not there any more can't be told.
  return !isCurrent(book, sender) || book.told.get(row.id) === sender || book.toldMore.has(sender)
}

/** Why a message may not stay as it is; `undefined`: it may. */
export const whyNotOver = (book: Book, copy: Copy): string | undefined => {
  const { row, writing } = copy
  const receiver = book.owner(row.to)
  if (writing.outcome !== "accepted" || row.state === "seen") return undefined
  if (row.state === "expired" || row.state === "refused")
    return row.isQuiet || wasTold(book, copy) ? undefined : `it is ${row.state}, and its sender was not told`
  if (isCurrent(book, row.to)) {
    if (row.state === "pushed")
      return receiver?.kind === "dropped" ? "it was pushed to a client that drops it" : undefined
    if (receiver?.kind === "plain" && row.isTaken) return undefined
    return `it is ${row.state}, and its receiver lives`
  }
  if (row.isMail && row.to === "" && new Date(row.expiresAt).getTime() > Date.now()) return undefined
  // Who is not there any more can't be told.
  if (row.isQuiet || !isCurrent(book, row.senderId ?? "")) return undefined
  return `it is ${row.state}, its receiver is gone, and nobody was told`
}
