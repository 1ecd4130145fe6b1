/** The page of `cc-dm export --format html` in a real browser: what it shows, how one moves in it, and what it forbids. */
import { describe, expect } from "bun:test"
import { join } from "node:path"
import { Effect } from "effect"
import type { Page } from "playwright-core"
import { visible } from "../../src/domain/Text.ts"
import { named, startReady } from "../../testkit/host/ClaudeCode.ts"
import { inBrowser, pageOn } from "../support/browser.ts"
import { temporaryFolder } from "../support/bus.ts"
import { runIn } from "./run.ts"

const hostile =
  "</p></script><script>window.owned=1</script><img src='https://evil.example/x' onerror='window.owned=2'>" +
  "<style>body{display:none}</style> \u202ereversed\u202c \u001b[2J \u2066 end"

/** A bus with two threads and what no thread names, as a page. */
const exported = Effect.gen(function* () {
  const home = yield* temporaryFolder
  const run = runIn(home)
  const planner = yield* startReady({ home, env: named("planner") })
  const backend = yield* startReady({ home, env: named("backend") })
  yield* run(["inbox", "--name", "ci"])
  yield* planner.call("dm", { to: "backend", content: "add the Currency", thread_id: "money" })
  yield* backend.call("dm", { to: "planner", content: "done, with a currency", reply_to: "1" })
  yield* planner.call("dm", { to: "backend", content: hostile, thread_id: "<b>" })
  yield* planner.call("dm", { to: "ci", content: "ready\n    second line" })
  yield* run(["inbox", "--name", "ci"])
  const output = join(home, "page.html")
  expect((yield* run(["export", "--output", output])).code).toBe(0)
  return output
})

const shown = (page: Page): Promise<unknown> =>
  page.evaluate(
    "[...document.querySelectorAll('article')].filter((it) => it.checkVisibility()).map(({ id }) => id)"
  )
const background = (page: Page) => page.evaluate("getComputedStyle(document.body).backgroundColor")

const opened = Effect.fnUntraced(function* (options?: Parameters<typeof pageOn>[1]) {
  return yield* pageOn(yield* exported, options)
})

describe("an exported page", () => {
  inBrowser(
    "shows every message as it was written, runs nothing of it, and asks for nothing",
    Effect.gen(function* () {
      const { page, problems, requests } = yield* opened()
      yield* Effect.promise(async () => {
        expect(await page.locator("article .words").allTextContents()).toEqual([
          "add the Currency",
          "done, with a currency",
          visible(hostile),
          "ready\n    second line"
        ])
        expect(await page.locator("article .way").first().textContent()).toBe("planner to backend")
        expect(await page.locator("#m4 .state").textContent()).toBe("seen")
        expect(await page.locator("#m2 a[href='#m1']").textContent()).toBe("in answer to #1")
        expect(await page.locator("h3.day").count()).toBe(1)
        expect(await page.locator(".threads button .title").allInnerTexts()).toEqual([
          "thread money",
          "thread <b>",
          "planner and ci"
        ])
        expect(await page.evaluate("window.owned")).toBeUndefined()
        expect(await page.locator("script").count()).toBe(1)
        expect(await page.locator("img, link, iframe, article style").count()).toBe(0)
        expect(requests).toEqual([])
        expect(problems).toEqual([])
        // What should get into it all the same is forbidden by its policy.
        await page.evaluate(`
          document.body.insertAdjacentHTML("beforeend", "<img src='https://evil.example/y' onerror='window.owned=3'><p id=p style='color:red'>x</p>")
          const script = document.createElement("script")
          script.textContent = "window.owned=4"
          document.body.append(script)`)
        expect(await page.evaluate("window.owned")).toBeUndefined()
        expect(
          await page.evaluate(
            "document.getElementById('p').getAttribute('style') && getComputedStyle(document.getElementById('p')).color"
          )
        ).not.toBe("rgb(255, 0, 0)")
        const forbidden = (what: string) =>
          problems.some((text) => text.includes("Content Security Policy") && text.includes(what))
        for (const what of ["evil.example/y", "inline script", "inline style"])
          expect([what, forbidden(what)]).toEqual([what, true])
      })
    })
  )

  inBrowser(
    "finds words, states and threads, and goes where a link leads",
    Effect.gen(function* () {
      const { page, problems } = yield* opened()
      yield* Effect.promise(async () => {
        const search = page.getByRole("searchbox", { name: "Search in messages" })
        const said = () => page.locator("output").textContent()
        expect(await said()).toBe("4 messages")
        await search.fill("CURRENCY")
        expect(await shown(page)).toEqual(["m1", "m2"])
        expect(await said()).toBe("2 of 4 messages")
        expect(await page.evaluate("CSS.highlights.get('found').size")).toBe(2)
        await search.fill("nothing of that kind")
        expect(await shown(page)).toEqual([])
        expect(await page.getByText("No message is like that.").isVisible()).toBe(true)
        expect(await page.locator("h3.day:visible").count()).toBe(0)
        await search.fill("")
        await page.getByRole("checkbox", { name: "seen" }).uncheck()
        // The first one was answered.
        expect(await shown(page)).toEqual(["m2", "m3"])
        await page.getByRole("button", { name: "thread money" }).click()
        expect(await shown(page)).toEqual(["m2"])
        expect(await page.locator("button[aria-pressed=true]").textContent()).toContain("thread money")
        await page.getByRole("button", { name: "thread money" }).click()
        expect(await shown(page)).toEqual(["m2", "m3"])
        await page.evaluate("location.hash = '#m4'")
        await page.locator("#m4").waitFor()
        expect(await shown(page)).toEqual(["m1", "m2", "m3", "m4"])
        expect(problems).toEqual([])
      })
    })
  )

  inBrowser(
    "is used with keys alone",
    Effect.gen(function* () {
      const { page, problems } = yield* opened()
      yield* Effect.promise(async () => {
        const focused = () => page.evaluate("document.activeElement.id")
        await page.keyboard.press("/")
        expect(await focused()).toBe("search")
        // There they are letters.
        await page.keyboard.type("j/k")
        expect(await page.locator("#search").inputValue()).toBe("j/k")
        await page.keyboard.press("Escape")
        expect(await shown(page)).toEqual(["m1", "m2", "m3", "m4"])
        for (const [key, id] of [
          ["j", "m1"],
          ["j", "m2"],
          ["k", "m1"]
        ] as const) {
          await page.keyboard.press(key)
          expect(await focused()).toBe(id)
        }
        // The first that a tab leads to is the way past all else.
        await page.evaluate("document.activeElement.blur()")
        await page.reload()
        await page.keyboard.press("Tab")
        expect(await page.evaluate("document.activeElement.textContent")).toBe("To the messages")
        const nameless = await page.evaluate(
          "[...document.querySelectorAll('button, input')].filter((it) => !it.textContent && !it.ariaLabel && !it.closest('label')).length"
        )
        expect(nameless).toBe(0)
        expect(problems).toEqual([])
      })
    })
  )

  inBrowser(
    "is light or dark as the system is, and as one chooses",
    Effect.gen(function* () {
      const { page } = yield* opened({ colorScheme: "dark" })
      yield* Effect.promise(async () => {
        const dark = await background(page)
        expect(dark).toBe("rgb(20, 23, 28)")
        await page.getByRole("button", { name: "Light or dark" }).click()
        expect(await background(page)).toBe("rgb(255, 255, 255)")
        await page.getByRole("button", { name: "Light or dark" }).click()
        expect(await background(page)).toBe(dark)
      })
    })
  )

  inBrowser(
    "is whole without its script, and on a small screen",
    Effect.gen(function* () {
      const { page, problems } = yield* opened({
        javaScriptEnabled: false,
        viewport: { width: 360, height: 640 }
      })
      yield* Effect.promise(async () => {
        expect(await page.locator("article .words").first().isVisible()).toBe(true)
        expect(await page.locator("article").count()).toBe(4)
        expect(await page.locator("#search").isVisible()).toBe(false)
        expect(await page.locator(".threads button").first().isVisible()).toBe(false)
        expect(await page.locator(".threads .plain").first().isVisible()).toBe(true)
        expect(problems).toEqual([])
      })
      const live = yield* opened({ viewport: { width: 360, height: 640 } })
      yield* Effect.promise(async () => {
        expect(await live.page.evaluate("document.documentElement.scrollWidth")).toBe(360)
      })
    })
  )
})
