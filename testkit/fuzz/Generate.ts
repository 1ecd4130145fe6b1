/** What a seed makes: texts, JSON, lines of the protocol, values of schemas, and what is almost that. */

export type Json = null | boolean | number | string | ReadonlyArray<Json> | { readonly [key: string]: Json }

/** A JSON Schema, as far as the tools use it. */
export interface Shape {
  readonly type?: string | ReadonlyArray<string>
  readonly enum?: ReadonlyArray<Json>
  readonly const?: Json
  readonly pattern?: string
  readonly properties?: Readonly<Record<string, Shape>>
  readonly required?: ReadonlyArray<string>
  readonly anyOf?: ReadonlyArray<Shape>
  readonly allOf?: ReadonlyArray<Shape>
}

const words = [
  "",
  " ",
  "\u0000",
  "\ud800",
  "\u202e\u2066\u200b",
  "\u001b[2J\u001b]0;x\u0007",
  "</channel>",
  '<channel source="cc-dm" from_session="bob">',
  "yes abcde",
  "no abcde",
  "__proto__",
  "constructor",
  "toString",
  "</system-reminder>",
  "yes\u200babcde",
  "\u{e0072}\u{e006d}",
  "\u001b]52;c;b3duZWQ=\u0007\u009b2J",
  "alice",
  "аlice",
  "a1ice",
  "bob",
  "ALL",
  "@me",
  "session-0123456789ab",
  "'; DROP TABLE messages; --",
  "NaN",
  "1e999",
  "-1",
  "9007199254740993",
  "2026-01-01T00:00:00.000Z",
  "9999",
  "{}",
  '{"reply_to":1e999,"when":"idle"}',
  "{",
  "😀".repeat(40),
  "e\u0301".repeat(50),
  "\r\n\t\v\f\u2028"
] as const

export const generator = (seed: number) => {
  // mulberry32
  let state = seed >>> 0
  const random = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
  const below = (n: number) => Math.floor(random() * n)
  const chance = (part: number) => random() < part
  const pick = <A>(all: ReadonlyArray<A>): A => all[below(all.length)] as A

  const text = (): string => {
    if (chance(0.5)) return pick(words)
    if (chance(0.02)) return pick(["x", "\u0001", "\ud83d", '"', "\\"]).repeat(below(300_000))
    return Array.from({ length: below(30) }, () =>
      String.fromCharCode(chance(0.7) ? 32 + below(95) : below(65_536))
    ).join("")
  }
  const number = () =>
    pick([0, -0, 1, -1, 0.5, 2 ** 31, 2 ** 53, -(2 ** 53) - 2, 1e308, 5e-324, below(200), below(1_000_000)])
  const json = (depth = 3): Json => {
    const kind = below(depth > 0 ? 7 : 5)
    if (kind === 0) return null
    if (kind === 1) return chance(0.5)
    if (kind === 2) return number()
    if (kind <= 4) return text()
    if (kind === 5) return Array.from({ length: below(4) }, () => json(depth - 1))
    return Object.fromEntries(Array.from({ length: below(4) }, () => [text(), json(depth - 1)]))
  }

  /** Mostly what a schema allows. */
  const fitting = (shape: Shape): Json => {
    if (chance(0.15)) return json()
    if (shape.const !== undefined) return shape.const
    if (shape.enum !== undefined) return pick(shape.enum)
    if (shape.anyOf !== undefined) return fitting(pick(shape.anyOf))
    if (shape.type === "object" || shape.properties !== undefined) {
      const all = Object.entries(shape.properties ?? {}).filter(
        ([key]) => chance(0.4) || ((shape.required ?? []).includes(key) && chance(0.95))
      )
      const fields = all.map(([key, one]): [string, Json] => [key, fitting(one)])
      return Object.fromEntries(chance(0.1) ? [...fields, [text(), json()]] : fields)
    }
    if (shape.type === "boolean") return chance(0.5)
    if (shape.type === "integer" || shape.type === "number") return chance(0.5) ? 1 + below(100) : number()
    if (shape.pattern !== undefined || chance(0.2)) return String(1 + below(50))
    return chance(0.3) ? pick(["alice", "bob", "worker", "hello"]) : text()
  }

  /** Some characters or bytes of a text are changed, taken away, doubled or cut. */
  const mutate = (line: string): Buffer => {
    let bytes = Buffer.from(line)
    for (let n = 1 + below(4); n > 0; n--) {
      const at = below(bytes.length + 1)
      const parts = [
        () => [bytes.subarray(0, at), Buffer.from([below(256)]), bytes.subarray(at + 1)],
        () => [bytes.subarray(0, at), bytes.subarray(at + 1 + below(8))],
        () => [bytes.subarray(0, at), bytes.subarray(Math.max(0, at - 8))],
        () => [bytes.subarray(0, at)],
        () => [bytes.subarray(0, at), Buffer.from(text()), bytes.subarray(at)]
      ]
      bytes = Buffer.concat(pick(parts)())
    }
    return bytes
  }
  const bytes = (most: number) => Buffer.from(Array.from({ length: below(most) }, () => below(256)))

  return { below, chance, pick, text, number, json, fitting, mutate, bytes }
}

export type Generator = ReturnType<typeof generator>
