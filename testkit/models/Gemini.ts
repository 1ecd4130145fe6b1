/** Gemini's generateContent and streamGenerateContent: https://ai.google.dev/api/generate-content */
import { type Dialect, event, streamed, type Turn, textsIn } from "./Dialect.ts"

interface Part {
  readonly text?: string
  readonly functionResponse?: { readonly response: unknown }
}

interface Content {
  readonly role?: string
  readonly parts: ReadonlyArray<Part>
}

interface Body {
  readonly contents: ReadonlyArray<Content>
  readonly systemInstruction?: { readonly parts?: ReadonlyArray<Part> }
  readonly tools?: ReadonlyArray<{
    readonly functionDeclarations?: ReadonlyArray<{ readonly name: string }>
  }>
  readonly generationConfig?: Readonly<Record<string, unknown>>
}

const textOf = (parts: ReadonlyArray<Part>): string =>
  parts
    .flatMap(({ functionResponse, text }) => [...textsIn(text), ...textsIn(functionResponse?.response)])
    .join("\n")

const speaker = ({ parts, role }: Content): Turn["by"] => {
  if (role === "model") return "model"
  return parts.some(({ functionResponse }) => functionResponse !== undefined) ? "tool" : "user"
}

/** Asked for JSON, which it does beside the conversation, it wants one of these fields. */
const structured = JSON.stringify({
  reasoning: "none",
  next_speaker: "user",
  model_choice: "flash",
  complexity_reasoning: "none",
  complexity_score: 10
})

export const gemini: Dialect<Body> = {
  name: "gemini",
  speaks: (path) => /:(streamG|g)enerateContent$/.test(path),
  read: ({ contents, systemInstruction, tools = [] }) => ({
    system: textOf(systemInstruction?.parts ?? []),
    turns: contents.map((content) => ({ by: speaker(content), text: textOf(content.parts) })),
    tools: tools.flatMap(({ functionDeclarations = [] }) => functionDeclarations.map(({ name }) => name))
  }),
  reply: ({ calls, text }, { body, number, path }) => {
    const wantsJson = "responseJsonSchema" in (body.generationConfig ?? {})
    const parts =
      calls.length === 0
        ? [{ text: wantsJson ? structured : text }]
        : calls.map(({ input, tool }, index) => ({
            functionCall: { id: `call_${number}_${index}`, name: tool, args: input }
          }))
    const response = {
      candidates: [{ content: { role: "model", parts }, finishReason: "STOP", index: 0 }],
      usageMetadata: { promptTokenCount: 10, candidatesTokenCount: 5, totalTokenCount: 15 },
      modelVersion: "mock"
    }
    return path.endsWith(":streamGenerateContent") ? streamed([event(response)]) : Response.json(response)
  },
  failure: () =>
    Response.json(
      { error: { code: 400, status: "INVALID_ARGUMENT", message: "The stand-in fails." } },
      { status: 400 }
    )
}
