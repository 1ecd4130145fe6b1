/** What happened in a soak, in numbers and as one line. */
import type { Counts } from "./Doings.ts"

export interface Totals extends Counts {
  readonly written: number
  readonly accepted: number
  readonly seen: number
  readonly pushed: number
  readonly waiting: number
  readonly told: number
  readonly shownAgain: number
  readonly requests: number
  readonly verdicts: number
  readonly looks: number
  readonly outages: number
  /** So many of the cast run within another session, and so many may open no Unix socket. */
  readonly nested: number
  readonly muffled: number
  /** In megabytes. */
  readonly memory: number
  readonly bus: number
}

export const lineOf = (totals: Totals, wrong: number) =>
  [
    `${totals.written} written, ${totals.accepted} accepted: ${totals.seen} seen, ${totals.pushed} pushed, ${totals.waiting} waiting, ${totals.told} ended`,
    `${totals.refused} refused, ${totals.shownAgain} shown again, ${totals.broadcasts} broadcasts`,
    `${totals.nested} nested, ${totals.muffled} muffled, ${totals.asides} subagent fetches, ${totals.offeredAgain} offered again`,
    `${totals.renames} renames, ${totals.restarts} restarts, ${totals.kills} kills, ${totals.pauses} pauses, ${totals.checks} health checks, ${totals.unhooked} lost sockets`,
    ...(totals.outages === 0 ? [] : [`${totals.outages} outages`]),
    `${totals.requests} requests, ${totals.verdicts} verdicts`,
    `${totals.looks} looks, servers up to ${totals.memory} MB, bus up to ${totals.bus} MB`,
    `${wrong} wrong`
  ].join("; ")
