/** Tests that need a browser. Where there is no Chromium they are skipped, and say so. */
import { test } from "bun:test"
import { Effect, type Scope } from "effect"
import type { BrowserContextOptions, Page } from "playwright-core"
import { chromium, openBrowser } from "../../scripts/support/Browser.ts"

if (chromium === undefined)
  process.stderr.write("skipped, since there is no Chromium: tests of exported pages\n")

/** A page that is open, and what went wrong in it. */
export interface OpenPage {
  readonly page: Page
  /** What it asked of a network. */
  readonly requests: ReadonlyArray<string>
  /** What its policy forbade, and what its script failed with. */
  readonly problems: ReadonlyArray<string>
}

/** Opens a file. */
export const pageOn = (
  file: string,
  options?: BrowserContextOptions
): Effect.Effect<OpenPage, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.promise(() => openBrowser(options)),
    ({ close }) => Effect.promise(close)
  ).pipe(
    Effect.flatMap(({ context, requests }) =>
      Effect.promise(async () => {
        const page = await context.newPage()
        const problems: Array<string> = []
        page.on("console", (message) => problems.push(message.text()))
        page.on("pageerror", (error) => problems.push(error.message))
        await page.goto(`file://${file}`)
        return { page, requests, problems }
      })
    )
  )

/** A test with a browser. */
export const inBrowser = <A, E>(name: string, body: Effect.Effect<A, E, Scope.Scope>) =>
  test.skipIf(chromium === undefined)(
    name,
    () => Effect.runPromise(Effect.asVoid(Effect.scoped(body))),
    60_000
  )
