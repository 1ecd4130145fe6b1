/** Chromium of the system, without a window: pages are tested in it, and pictures made of them. It is given no network. */
import { existsSync } from "node:fs"
import { delimiter, join } from "node:path"
import type { BrowserContext, BrowserContextOptions } from "playwright-core"

const names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"]

/** The program; `undefined`: there is none. */
export const chromium: string | undefined = (process.env["PATH"] ?? "")
  .split(delimiter)
  .flatMap((folder) => names.map((name) => join(folder, name)))
  .find((path) => existsSync(path))

/** A browser with nothing open. `requests`: what pages have asked for, beside themselves. */
export interface OpenBrowser {
  readonly context: BrowserContext
  readonly requests: ReadonlyArray<string>
  readonly close: () => Promise<void>
}

/** Opens it. Whatever a page asks of a network is written down, and not given. */
export const openBrowser = async (options: BrowserContextOptions = {}): Promise<OpenBrowser> => {
  if (chromium === undefined) throw new Error("there is no Chromium in PATH: apt-get install chromium")
  // Loaded only where there is a browser for it.
  const playwright = await import("playwright-core")
  const browser = await playwright.chromium.launch({
    executablePath: chromium,
    // Root has no sandbox of its own, and what is opened is ours.
    chromiumSandbox: process.getuid?.() !== 0,
    args: ["--disable-gpu", "--hide-scrollbars"]
  })
  const context = await browser.newContext({ ...options, offline: true })
  const requests: Array<string> = []
  context.on("request", (request) => {
    if (!request.url().startsWith("file:")) requests.push(request.url())
  })
  return { context, requests, close: () => browser.close() }
}
