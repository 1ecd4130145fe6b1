/**
 * The stand-in for models. The requests here have the shape of those that agents were seen to send; `./dev agents:check` and
 * `./dev client:check` send the real ones.
 */
import { afterEach, describe, expect, test } from "bun:test"
import { type ModelApi, startModelApi } from "../../testkit/models/ModelApi.ts"
import { call, calls, held, makeGate, makeScript, say } from "../../testkit/models/Script.ts"

interface Protocol {
  readonly path: string
  /** A conversation: a prompt, a call, its result, and a second prompt. */
  readonly body: object
  /** The names of the calls in an answer. */
  readonly called: (answer: string) => ReadonlyArray<string>
}

const events = (answer: string): ReadonlyArray<any> =>
  answer
    .split("\n")
    .filter((line) => line.startsWith("data: {"))
    .map((line) => JSON.parse(line.slice("data: ".length)))

const protocols: Readonly<Record<string, Protocol>> = {
  anthropic: {
    path: "/v1/messages",
    body: {
      system: [{ type: "text", text: "the system" }],
      tools: [{ name: "mcp__cc-dm__who" }, { name: "Bash" }],
      messages: [
        { role: "user", content: "one" },
        { role: "assistant", content: [{ type: "tool_use", id: "1", name: "Bash", input: {} }] },
        {
          role: "user",
          content: [{ type: "tool_result", tool_use_id: "1", content: [{ type: "text", text: "two" }] }]
        },
        { role: "user", content: [{ type: "text", text: "three" }] }
      ]
    },
    called: (answer) => events(answer).flatMap(({ content_block }) => content_block?.name ?? [])
  },
  responses: {
    path: "/v1/responses",
    body: {
      instructions: "the system",
      tools: [
        { type: "namespace", name: "mcp__cc-dm", tools: [{ type: "function", name: "who" }] },
        { type: "function", name: "Bash" }
      ],
      input: [
        { type: "message", role: "user", content: [{ type: "input_text", text: "one" }] },
        { type: "function_call", name: "Bash", call_id: "1", arguments: "{}" },
        { type: "function_call_output", call_id: "1", output: "two" },
        { type: "message", role: "user", content: [{ type: "input_text", text: "three" }] }
      ]
    },
    called: (answer) =>
      events(answer)
        .filter(({ type }) => type === "response.output_item.done")
        .map(({ item }) => (item.namespace === undefined ? item.name : `${item.namespace}__${item.name}`))
  },
  "chat completions": {
    path: "/v1/chat/completions",
    body: {
      stream: true,
      tools: ["mcp__cc-dm__who", "Bash"].map((name) => ({ type: "function", function: { name } })),
      messages: [
        { role: "system", content: "the system" },
        { role: "user", content: "one" },
        { role: "assistant", content: null, tool_calls: [] },
        { role: "tool", tool_call_id: "1", content: "two" },
        { role: "user", content: [{ type: "text", text: "three" }] }
      ]
    },
    called: (answer) =>
      events(answer)
        .flatMap(({ choices }) => choices[0].delta.tool_calls ?? [])
        .map((made) => made.function.name)
  },
  gemini: {
    path: "/v1beta/models/mock:streamGenerateContent",
    body: {
      systemInstruction: { parts: [{ text: "the system" }] },
      tools: [{ functionDeclarations: [{ name: "mcp__cc-dm__who" }, { name: "Bash" }] }],
      contents: [
        { role: "user", parts: [{ text: "one" }] },
        { role: "model", parts: [{ functionCall: { name: "Bash", args: {} } }] },
        { role: "user", parts: [{ functionResponse: { name: "Bash", response: { output: "two" } } }] },
        { role: "user", parts: [{ text: "three" }] }
      ]
    },
    called: (answer) =>
      events(answer)
        .flatMap(({ candidates }) => candidates[0].content.parts)
        .map(({ functionCall }) => functionCall.name)
  }
}

let model: ModelApi | undefined
afterEach(() => model?.stop())

const post = (api: ModelApi, { body, path }: Protocol, options: RequestInit = {}) =>
  fetch(api.url + path, { method: "POST", body: JSON.stringify(body), ...options })

describe.each(Object.entries(protocols))("in %s", (name, protocol) => {
  test("a request is read, and what is new in it", async () => {
    model = startModelApi(() => say("Fine."))
    const answer = await (await post(model, protocol)).text()
    expect(answer).toContain("Fine.")
    const [request] = model.requests
    expect(request).toMatchObject({
      dialect: name,
      system: "the system",
      news: "two\nthree",
      afterTool: true
    })
    expect(request?.texts.filter((text) => text !== "")).toEqual(["one", "two", "three"])
    expect(request?.answeredAt()).toBeGreaterThanOrEqual(request?.at ?? Number.NaN)
  })

  test("several tools are called at once, also by the last part of their names", async () => {
    model = startModelApi(() => calls({ tool: "who", input: {} }, { tool: "Bash", input: { command: "ls" } }))
    const answer = await (await post(model, protocol)).text()
    expect(protocol.called(answer)).toEqual(["mcp__cc-dm__who", "Bash"])
    expect(answer).toMatch(/command.{1,5}ls/)
  })

  test("a model that can't be asked is an error", async () => {
    model = startModelApi(() => ({ _tag: "Fail" }))
    expect((await post(model, protocol)).status).toBe(400)
  })

  test("an agent that waits no longer is noticed", async () => {
    const gate = makeGate()
    const script = makeScript()
    script.next(held(say("Too late."), gate))
    model = startModelApi(script.answer)
    const agent = new AbortController()
    const answer = post(model, protocol, { signal: agent.signal }).catch(() => "given up")
    const request = await model.asks("to be held", () => true)
    expect(request.givenUp()).toBeFalse()
    agent.abort()
    expect(await answer).toBe("given up")
    while (!request.givenUp()) await Bun.sleep(5)
    gate.release()
    // Once another one is answered, this one would have been, too.
    await (await post(model, protocol)).text()
    expect(request.answeredAt()).toBeUndefined()
  })
})

describe("a script", () => {
  const protocol = protocols["anthropic"] as Protocol

  test("gives its answers in their order, and none of them to what is asked aside", async () => {
    const script = makeScript()
    script.next(say("First."), call("Bash", {}))
    model = startModelApi(script.answer)
    const aside = { ...protocol, body: { ...protocol.body, tools: [] } }
    expect(await (await post(model, aside)).text()).toContain("Understood.")
    expect(await (await post(model, protocol)).text()).toContain("First.")
    expect(await (await post(model, protocol)).text()).toContain("tool_use")
    expect(await (await post(model, protocol)).text()).toContain("Understood.")
  })

  test("holds what has a text", async () => {
    const script = makeScript()
    const gate = script.hold("three")
    model = startModelApi(script.answer)
    const answer = post(model, protocol)
    const request = await model.asks("to be held", () => true)
    const other = { ...protocol, body: { ...protocol.body, messages: [{ role: "user", content: "one" }] } }
    await (await post(model, other)).text()
    expect(request.answeredAt()).toBeUndefined()
    gate.release()
    await (await answer).text()
    expect(request.answeredAt()).toBeNumber()
  })
})
