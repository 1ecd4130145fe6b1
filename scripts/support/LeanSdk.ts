/**
 * What the build changes in the MCP SDK, so that a server starts faster: nothing of what the SDK does.
 *
 * The SDK describes the whole protocol in some 150 schemas of zod, and makes them all when it is loaded, which takes a third of the load. A
 * server needs a few. So each is made when it is first used, and those that nothing here refers to are left out. And each message that
 * comes in was read by four of them: what is plainly a request or a notification (src/mcp/PlainMessage.ts) needs none, and all else is
 * still read by the SDK's own. So most servers never need zod, which is built into a file of its own, and loaded with the first schema.
 */
import { join } from "node:path"
import type { BunPlugin } from "bun"
import * as zod from "../../src/mcp/Zod.ts"

const plainMessage = join(import.meta.dir, "../../src/mcp/PlainMessage.ts")

/** What is built of `src/mcp/Zod.ts`. */
const zodFile = "./cc-dm-zod.js"

/**
 * Stands where schemas are made or zod is used: an object that becomes another one when it is first looked at. The method of the messages
 * that a schema describes is known before.
 */
const later = `const later = (make, lateMethod) => {
  let made;
  const real = () => (made ??= make());
  return new Proxy({}, {
    get: (_, key) => (key === "lateMethod" ? lateMethod : Reflect.get(real(), key)),
    set: (_, key, value) => Reflect.set(real(), key, value),
    has: (_, key) => Reflect.has(real(), key),
    getPrototypeOf: () => Reflect.getPrototypeOf(real())
  });
};`

/** Fewer would mean that the SDK's file looks different now, and that the build has to be looked at. */
const leastSchemas = 140

const schemaBegins = /^((?:export )?const \w+ = )((?:z|\w+Schema)\..*)$/
const methodOfSchema = /^ {2}method: z\.literal\("([^"]+)"\)/

/** The SDK's file as the transpiler prints it: each statement ends with the first line that ends it and is not indented. */
const lines = (text: string): ReadonlyArray<string> =>
  new Bun.Transpiler({ loader: "js" }).transformSync(text).split("\n")

const zodImport = /^import \* as (\w+) from "zod\/v4(?:-mini)?";$/

/** Loads zod when something of it is first used. Throws if that is not in `src/mcp/Zod.ts`. */
export const withZodLate = (text: string): string => {
  const all = lines(text)
  const name = all.map((line) => zodImport.exec(line)?.[1]).find((found) => found !== undefined)
  if (name === undefined) throw new Error("a file of the SDK does not import zod as it did")
  const used = [...text.matchAll(new RegExp(String.raw`\b${name}\.(\w+)`, "g"))].map(
    ([, member = ""]) => member
  )
  const lacking = used.filter((member) => !(member in zod))
  if (lacking.length > 0) throw new Error(`src/mcp/Zod.ts lacks ${lacking.join(", ")}`)
  const late = `${later}\nconst ${name} = /* @__PURE__ */ later(() => require("${zodFile}"));`
  return all.map((line) => (zodImport.test(line) ? late : line)).join("\n")
}

/** Makes each schema of the SDK's file of schemas when it is first used. Throws if it finds too few. */
export const withSchemasMadeLate = (text: string): string => {
  let made = 0
  let isWithin = false
  let method: string | undefined
  const late = lines(text).map((line) => {
    const begins = isWithin ? null : schemaBegins.exec(line)
    if (begins !== null) {
      made += 1
      isWithin = true
      method = undefined
    }
    method ??= isWithin ? methodOfSchema.exec(line)?.[1] : undefined
    const opened = begins === null ? line : `${begins[1]}/* @__PURE__ */ later(() => ${begins[2]}`
    if (!isWithin || !line.endsWith(";") || line.startsWith(" ")) return opened
    isWithin = false
    return `${opened.slice(0, -1)}${method === undefined ? "" : `, ${JSON.stringify(method)}`});`
  })
  if (made < leastSchemas) throw new Error(`of the SDK's schemas only ${made} were found`)
  return late.join("\n")
}

/** Replaces a text of a package that must stand there once. */
export const replaced = (text: string, from: string, to: string): string => {
  if (text.split(from).length !== 2) throw new Error(`a package has changed, and does not have once: ${from}`)
  return text.replace(from, () => to)
}

const importing = (names: string) => `import { ${names} } from ${JSON.stringify(plainMessage)};\n`

/** Spares plain messages the schemas. What they would say of one stands in `PlainMessage.ts`. */
export const withPlainGuards = (text: string): string => {
  const guard = (name: string, plain: string) => (before: string) =>
    replaced(
      before,
      `export const is${name} = (value) => ${name}Schema.safeParse(value).success;`,
      `export const is${name} = (value) => ${plain}${name}Schema.safeParse(value).success;`
    )
  const guarded = [
    guard("JSONRPCResultResponse", "!isPlain(value) && "),
    guard("JSONRPCErrorResponse", "!isPlain(value) && "),
    // The SDK asks this of each notification before it asks whether it is one.
    guard("JSONRPCRequest", "isPlainRequest(value) || !isPlainNotification(value) && "),
    guard("JSONRPCNotification", "isPlainNotification(value) || "),
    // A list of tools is asked for without parameters.
    guard("TaskAugmentedRequestParams", "isPlainParams(value) || value !== undefined && ")
  ].reduce((before, change) => change(before), text)
  return guarded + importing("isPlain, isPlainNotification, isPlainParams, isPlainRequest")
}

const withPlainReading = (text: string): string =>
  importing("isPlain") +
  replaced(
    text,
    "return JSONRPCMessageSchema.parse(JSON.parse(line));",
    "const value = JSON.parse(line); return isPlain(value) ? value : JSONRPCMessageSchema.parse(value);"
  )

/** A handler is set for a method without the schema of its messages, which is made when the first one comes. */
const withMethodsKnown = (text: string): string =>
  replaced(
    text,
    "export function getMethodLiteral(schema) {",
    "export function getMethodLiteral(schema) {\nif (schema.lateMethod !== undefined) return schema.lateMethod;"
  )

/** The same for the server, which wraps the handler of tools alone; and its levels of logging are looked up when something is logged. */
const withServerLate = (text: string): string =>
  replaced(
    replaced(
      text,
      "    setRequestHandler(requestSchema, handler) {",
      `    setRequestHandler(requestSchema, handler) {
        const { lateMethod } = requestSchema;
        if (lateMethod !== undefined && lateMethod !== "tools/call")
            return super.setRequestHandler(requestSchema, handler);`
    ),
    "this.LOG_LEVEL_SEVERITY = new Map(LoggingLevelSchema.options.map((level, index) => [level, index]));",
    `Object.defineProperty(this, "LOG_LEVEL_SEVERITY", {
            get: () => new Map(LoggingLevelSchema.options.map((level, index) => [level, index]))
        });`
  )

/**
 * The SDK's server brings a JSON Schema validator for answers to questions that this server never asks. The
 * server is given another one (src/mcp/McpServer.ts), and the SDK's is left out.
 */
const withoutValidator = () => "export class AjvJsonSchemaValidator {}"

export const leanSdk: BunPlugin = {
  name: "lean-sdk",
  setup: (build) => {
    // Beside the file that asks for it.
    build.onResolve({ filter: /^\.\/cc-dm-zod\.js$/ }, ({ path }) => ({ path, external: true }))
    for (const [filter, change] of [
      [/sdk.dist.esm.validation.ajv-provider\.js$/, withoutValidator],
      [/sdk.dist.esm.types\.js$/, (text: string) => withPlainGuards(withZodLate(withSchemasMadeLate(text)))],
      [/sdk.dist.esm.server.zod-compat\.js$/, withZodLate],
      [/sdk.dist.esm.server.zod-json-schema-compat\.js$/, withMethodsKnown],
      [/sdk.dist.esm.server.index\.js$/, withServerLate],
      [/sdk.dist.esm.shared.stdio\.js$/, withPlainReading]
    ] as const)
      build.onLoad({ filter }, async ({ path }) => ({
        contents: change(await Bun.file(path).text()),
        loader: "js"
      }))
  }
}
