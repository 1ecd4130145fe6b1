/** How often things happen and how long they last, in milliseconds. A service of tests may have other times. */
export interface Timing {
  readonly poll: number
  readonly heartbeat: number
  readonly rosterSweep: number
  readonly messageSweep: number
  /** A session is gone this long after its last heartbeat. */
  readonly lease: number
  /** A message that was not taken within this time expires. */
  readonly messageLife: number
  /** The same for permission requests and their answers. */
  readonly permissionLife: number
  /** How long `dm` and `broadcast` wait for news of what they sent. */
  readonly firstNews: number
  /** A client that stays this long after it said that it is ready is a session's; some only ask whether the server starts. */
  readonly settling: number
  /** A session is gone for good this long after it left: until then its conversation may be taken up again. */
  readonly farewell: number
}

export const defaultTiming: Timing = {
  poll: 500,
  heartbeat: 30_000,
  rosterSweep: 60_000,
  messageSweep: 15_000,
  lease: 60_000,
  messageLife: 15_000,
  permissionLife: 300_000,
  firstNews: 200,
  settling: 2_000,
  farewell: 60_000
}
