export interface UntilOptions {
  readonly seconds?: number
  /** Milliseconds between two looks. */
  readonly every?: number
  /** What to say beside that it did not come. */
  readonly otherwise?: () => string
}

/** Waits until there is something to see, and fails after a while. */
export const until = async <Value>(
  what: string,
  look: () => Value | undefined | Promise<Value | undefined>,
  { every = 20, otherwise, seconds = 20 }: UntilOptions = {}
): Promise<Value> => {
  const end = performance.now() + seconds * 1_000
  for (;;) {
    const seen = await look()
    if (seen !== undefined) return seen
    if (performance.now() > end)
      throw new Error([`in ${seconds} seconds: no ${what}`, otherwise?.()].filter(Boolean).join("\n"))
    await Bun.sleep(every)
  }
}
