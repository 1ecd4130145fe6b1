/**
 * What the build changes in the MCP SDK, so that a server starts faster: nothing of what the SDK does.
 *
 * The SDK describes the whole protocol in some 150 schemas of zod, and makes them all when it is loaded, which takes a third of the load. A
 * server needs a few. So each is made when it is first used, and those that nothing here refers to are left out. And each message that
 * comes in was read by four of them: what is plainly a request or a notification (src/mcp/PlainMessage.ts) needs none, and all else is
 * still read by the SDK's own.
 */
import { join } from "node:path"
import type { BunPlugin } from "bun"

const plainMessage = join(import.meta.dir, "../../src/mcp/PlainMessage.ts")

/** Stands before the schemas: an object that becomes another one when it is first looked at. */
const later = `const later = (make) => {
  let made;
  const real = () => (made ??= make());
  return new Proxy({}, {
    get: (_, key) => Reflect.get(real(), key),
    set: (_, key, value) => Reflect.set(real(), key, value),
    has: (_, key) => Reflect.has(real(), key),
    getPrototypeOf: () => Reflect.getPrototypeOf(real())
  });
};`

/** Fewer would mean that the SDK's file looks different now, and that the build has to be looked at. */
const leastSchemas = 140

/** The SDK's file as the transpiler prints it: each statement ends with the first line that ends it and is not indented. */
const lines = (text: string): ReadonlyArray<string> =>
  new Bun.Transpiler({ loader: "js" }).transformSync(text).split("\n")

const schemaBegins = /^((?:export )?const \w+ = )((?:z|\w+Schema)\..*)$/

/** Makes each schema of the SDK's file of schemas when it is first used. Throws if it finds too few. */
export const withSchemasMadeLate = (text: string): string => {
  let made = 0
  let isWithin = false
  const late = lines(text).map((line) => {
    const begins = isWithin ? null : schemaBegins.exec(line)
    if (begins !== null) {
      made += 1
      isWithin = true
    }
    const opened = begins === null ? line : `${begins[1]}/* @__PURE__ */ later(() => ${begins[2]}`
    if (!isWithin || !line.endsWith(";") || line.startsWith(" ")) return opened
    isWithin = false
    return `${opened.slice(0, -1)});`
  })
  if (made < leastSchemas) throw new Error(`of the SDK's schemas only ${made} were found`)
  return [late[0], later, ...late.slice(1)].join("\n")
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
    guard("JSONRPCRequest", "isPlainRequest(value) || "),
    guard("JSONRPCNotification", "isPlainNotification(value) || "),
    guard("TaskAugmentedRequestParams", "isPlainParams(value) || ")
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

/**
 * The SDK's server brings a JSON Schema validator for answers to questions that this server never asks. The
 * server is given another one (src/mcp/McpServer.ts), and the SDK's is left out.
 */
const withoutValidator = () => "export class AjvJsonSchemaValidator {}"

export const leanSdk: BunPlugin = {
  name: "lean-sdk",
  setup: (build) => {
    for (const [filter, change] of [
      [/sdk.dist.esm.validation.ajv-provider\.js$/, withoutValidator],
      [/sdk.dist.esm.types\.js$/, (text: string) => withPlainGuards(withSchemasMadeLate(text))],
      [/sdk.dist.esm.shared.stdio\.js$/, withPlainReading]
    ] as const)
      build.onLoad({ filter }, async ({ path }) => ({
        contents: change(await Bun.file(path).text()),
        loader: "js"
      }))
  }
}
