/** What is read without the SDK's schemas is what they would let through, and the schemas that are made late are the same. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Sdk from "@modelcontextprotocol/sdk/types.js"
import { leanSdk } from "../../scripts/support/LeanSdk.ts"
import {
  isPlainGreeting,
  isPlainNotification,
  isPlainParams,
  isPlainRequest
} from "../../src/mcp/PlainMessage.ts"

const odd: ReadonlyArray<unknown> = [
  undefined,
  null,
  true,
  0,
  -1,
  1.5,
  2 ** 60,
  "",
  "a",
  [],
  [1],
  {},
  { a: 1 },
  { _meta: null },
  { _meta: {} },
  { _meta: [] },
  { _meta: { progressToken: 1 } },
  { _meta: { progressToken: 1.5 } },
  { _meta: { progressToken: null } },
  { _meta: { "io.modelcontextprotocol/related-task": { taskId: "t" } } },
  { _meta: { "io.modelcontextprotocol/related-task": 5 } },
  { task: {} },
  { task: { ttl: 5 } },
  { task: 5 },
  { name: "dm", arguments: { to: "a" }, _meta: { "claudecode/toolUseId": "t", progressToken: "p" } }
]

/** A request, a notification, and both with each value in the place of each field, with another field, and without one. */
const messages: ReadonlyArray<unknown> = (() => {
  const fields = { jsonrpc: "2.0", id: 1, method: "tools/call", params: { name: "who" } }
  const { id, ...notification } = fields
  const answers = [
    { jsonrpc: "2.0", id, result: {} },
    { jsonrpc: "2.0", id, error: { code: 1, message: "m" } }
  ]
  const bases: ReadonlyArray<Record<string, unknown>> = [fields, notification, ...answers]
  return [
    ...odd,
    ...bases,
    ...bases.flatMap((base) =>
      [...Object.keys(fields), "result", "error", "more"].flatMap((key) => [
        Object.fromEntries(Object.entries(base).filter(([other]) => other !== key)),
        ...odd.map((value) => ({ ...base, [key]: value }))
      ])
    )
  ]
})()

/** As a client sends it. */
const asJson = (value: unknown): unknown =>
  value === undefined ? undefined : JSON.parse(JSON.stringify(value))

describe("what is plain", () => {
  test.each([
    ["a request", isPlainRequest, Sdk.JSONRPCRequestSchema],
    ["a notification", isPlainNotification, Sdk.JSONRPCNotificationSchema]
  ] as const)("is %s to the SDK as well, as it is, and no answer", (_, isPlain, schema) => {
    const plain = messages.map(asJson).filter(isPlain)
    expect(plain.length).toBeGreaterThan(10)
    for (const message of plain) {
      expect(schema.parse(message)).toEqual(message as never)
      expect(Sdk.JSONRPCMessageSchema.parse(message)).toEqual(message as never)
      expect(Sdk.isJSONRPCResultResponse(message) || Sdk.isJSONRPCErrorResponse(message)).toBe(false)
    }
  })

  test("asks for no task", () => {
    const plain = odd.map(asJson).filter(isPlainParams)
    expect(plain.length).toBeGreaterThan(3)
    for (const params of plain) {
      expect(Sdk.isTaskAugmentedRequestParams(params)).toBe(true)
      expect((params as { readonly task?: unknown }).task).toBeUndefined()
    }
  })

  test("is what clients send", () => {
    const clientInfo = { name: "claude-code", version: "2.1.0" }
    const greeting = {
      protocolVersion: "2025-11-25",
      capabilities: { roots: {}, elicitation: {} },
      clientInfo
    }
    expect(isPlainGreeting(greeting)).toBe(true)
    expect(Sdk.InitializeRequestSchema.safeParse({ method: "initialize", params: greeting }).success).toBe(
      true
    )
    for (const params of [
      { ...greeting, clientInfo: { name: "x" } },
      { clientInfo },
      undefined,
      { ...greeting, capabilities: 5 }
    ])
      expect(isPlainGreeting(params)).toBe(false)
  })
})

describe("the SDK as it is built", () => {
  const folder = mkdtempSync(join(tmpdir(), "cc-dm-sdk-"))
  const original: typeof Sdk = { ...Sdk }
  let lean: typeof Sdk
  beforeAll(async () => {
    const entry = join(folder, "entry.js")
    const types = Bun.resolveSync("@modelcontextprotocol/sdk/types.js", import.meta.dir)
    writeFileSync(entry, `export * from ${JSON.stringify(types)}`)
    const build = (path: string, naming: string) =>
      Bun.build({
        entrypoints: [path],
        outdir: folder,
        naming,
        target: "bun",
        plugins: [leanSdk],
        throw: true
      })
    await build(entry, "lean.js")
    await build(join(import.meta.dir, "../../src/mcp/Zod.ts"), "cc-dm-zod.js")
    lean = await import(join(folder, "lean.js"))
  })
  afterAll(() => rmSync(folder, { recursive: true }))

  test("has all that the SDK has", () => expect(Object.keys(lean).sort()).toEqual(Object.keys(Sdk).sort()))

  test.each([
    "isJSONRPCRequest",
    "isJSONRPCNotification",
    "isJSONRPCResultResponse",
    "isJSONRPCErrorResponse",
    "isTaskAugmentedRequestParams"
  ] as const)("%s says the same of every message", (guard) => {
    for (const message of messages.map(asJson))
      expect([message, lean[guard](message)]).toEqual([message, original[guard](message)])
  })

  test.each([
    "JSONRPCMessageSchema",
    "InitializeRequestSchema",
    "CancelledNotificationSchema",
    "ClientRequestSchema",
    "ServerResultSchema",
    "ElicitRequestFormParamsSchema"
  ] as const)("%s reads the same", (schema) => {
    for (const message of messages.map(asJson)) {
      const [ours, theirs] = [lean[schema].safeParse(message), original[schema].safeParse(message)]
      expect([message, ours.success, ours.data]).toEqual([message, theirs.success, theirs.data] as never)
      expect(ours.error?.issues).toEqual(theirs.error?.issues as never)
    }
  })
})
