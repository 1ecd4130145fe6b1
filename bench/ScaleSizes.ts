/** How much `--scale` measures. Times are in milliseconds. */

/** Traffic that goes on for long, of which the bus keeps only the last. */
export interface Traffic {
  readonly sessions: number
  /** How many messages all of them write together, a second. */
  readonly rate: number
  /** How long history keeps a message, as CC_DM_HISTORY has it. */
  readonly history: string
  readonly duration: number
  /** How often the size of the bus is looked at. */
  readonly look: number
}

export interface ScaleSizes {
  /** How many sessions are on the bus, in ascending order; 2 at least. */
  readonly counts: ReadonlyArray<number>
  /** How long sessions are left alone before they count as idle. */
  readonly calming: number
  /** Of whole minutes, each session has the same number of heartbeats and sweeps. */
  readonly idle: number
  readonly deliveries: number
  readonly broadcasts: number
  /** How many sessions write at once at most; half of them where there are fewer. */
  readonly writers: number
  /** How many messages each of these writes a second. */
  readonly rate: number
  readonly traffic: Traffic
  /** How many messages a session sends or receives until its memory is looked at again, and how often. */
  readonly step: number
  readonly steps: number
  /** How long a session is left alone before its memory is looked at. */
  readonly pause: number
}

export const full: ScaleSizes = {
  counts: [2, 5, 10, 20, 50, 100],
  calming: 40_000,
  idle: 60_000,
  deliveries: 200,
  broadcasts: 10,
  writers: 20,
  rate: 2,
  traffic: { sessions: 10, rate: 50, history: "30s", duration: 300_000, look: 2_000 },
  step: 1_000,
  steps: 10,
  pause: 5_000
}

export const quick: ScaleSizes = {
  counts: [2, 5],
  calming: 0,
  idle: 1_000,
  deliveries: 20,
  broadcasts: 2,
  writers: 20,
  rate: 2,
  traffic: { sessions: 4, rate: 20, history: "2s", duration: 6_000, look: 500 },
  step: 20,
  steps: 3,
  pause: 500
}

/** An hour as it passes. */
export const hour: Traffic = { sessions: 10, rate: 20, history: "10m", duration: 3_600_000, look: 10_000 }
