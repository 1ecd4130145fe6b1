/** A picture of a terminal's screen, from its lines with colours. */

interface Style {
  readonly colour: string
  readonly bold: boolean
  readonly dim: boolean
  readonly inverse: boolean
}

const plain: Style = { colour: "#d8dee9", bold: false, dim: false, inverse: false }
const background = "#1f2430"

/** The eight colours and their bright ones, by number. */
const colours = ["#3b4252", "#e06c75", "#98c379", "#e5c07b", "#61afef", "#c678dd", "#56b6c2", "#d8dee9"]
const bright = ["#7f8796", ...colours.slice(1)]

const applied = (style: Style, code: number): Style => {
  if (code === 0) return plain
  if (code === 1) return { ...style, bold: true }
  if (code === 2) return { ...style, dim: true }
  if (code === 7) return { ...style, inverse: true }
  if (code === 22) return { ...style, bold: false, dim: false }
  if (code === 27) return { ...style, inverse: false }
  if (code === 39) return { ...style, colour: plain.colour }
  return { ...style, colour: colours[code - 30] ?? bright[code - 90] ?? style.colour }
}

const escaped = (text: string) =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;")

const wide = 8.4
const high = 18
const edge = 14

const tspan = (text: string, column: number, row: number, style: Style): string => {
  const x = edge + column * wide
  const y = edge + row * high
  const length = Bun.stringWidth(text) * wide
  const box = style.inverse
    ? `<rect x="${x.toFixed(1)}" y="${y}" width="${length.toFixed(1)}" height="${high}" fill="${style.colour}"/>`
    : ""
  if (text.trim() === "") return box
  const look = `fill="${style.inverse ? background : style.colour}"${style.bold ? ' font-weight="bold"' : ""}${style.dim ? ' opacity="0.6"' : ""}`
  return `${box}<text x="${x.toFixed(1)}" y="${y + 13}" textLength="${length.toFixed(1)}" xml:space="preserve" ${look}>${escaped(text)}</text>`
}

/** What draws each line of a screen, from the top. */
const rowsOf = (lines: ReadonlyArray<string>): ReadonlyArray<string> => {
  let style = plain
  return lines.map((line, row) => {
    const parts: Array<string> = []
    let column = 0
    for (const [, codes, text] of line.matchAll(/\x1b\[([\d;]*)m|([^\x1b]+)/g)) {
      if (text === undefined) {
        for (const code of (codes ?? "").split(";")) style = applied(style, Number(code))
        continue
      }
      parts.push(tspan(text, column, row, style))
      column += Bun.stringWidth(text)
    }
    return parts.filter((part) => part !== "").join("\n")
  })
}

const document = (width: number, height: number, title: string, body: string) =>
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" font-family="ui-monospace, Menlo, Consolas, 'DejaVu Sans Mono', monospace" font-size="14">
<title>${escaped(title)}</title>
${body}
</svg>
`

const widthOf = (columns: number) => Math.ceil(columns * wide + 2 * edge)
const heightOf = (rows: number) => rows * high + 2 * edge

/** Draws a screen. Each line may hold the escape sequences that choose colours, and no others. */
export const svgOf = (lines: ReadonlyArray<string>, columns: number, title: string): string =>
  document(
    widthOf(columns),
    heightOf(lines.length),
    title,
    `<rect width="100%" height="100%" rx="8" fill="${background}"/>
${rowsOf(lines)
  .filter((row) => row !== "")
  .join("\n")}`
  )

/** A screen in a moving picture: where it stands, and what it showed from which second on. */
export interface Moving {
  readonly title: string
  readonly columns: number
  readonly rows: number
  /** Its left upper corner, in columns and rows of the whole. */
  readonly at: readonly [column: number, row: number]
  readonly frames: ReadonlyArray<{ readonly second: number; readonly lines: ReadonlyArray<string> }>
}

/** What a line showed, from one second to another. */
interface Shown {
  readonly row: string
  readonly from: number
  until: number
}

/** Each line of a screen as what it showed one after the other: few lines change at once. */
const shownIn = ({ frames }: Moving, seconds: number): ReadonlyArray<Shown> => {
  const all: Array<Shown> = []
  const now: Array<Shown | undefined> = []
  for (const { lines, second } of frames)
    for (const [index, row] of rowsOf(lines).entries()) {
      const before = now[index]
      if (before?.row === row) continue
      if (before !== undefined) before.until = second
      now[index] = { row, from: second, until: seconds }
      all.push(now[index])
    }
  return all.filter(({ from, row, until }) => row !== "" && until > from)
}

/** Draws screens that move, over and over. Who wants no motion sees how it ends. */
export const movingSvgOf = (screens: ReadonlyArray<Moving>, seconds: number, title: string): string => {
  const spans = new Map<string, string>()
  const percent = (second: number) => `${((100 * second) / seconds).toFixed(2)}%`
  const classOf = ({ from, until }: Shown) => {
    const name = `s${Math.round(from * 100)}-${Math.round(until * 100)}`
    const end = until >= seconds ? "" : `${percent(until)}{visibility:hidden}`
    spans.set(
      name,
      `@keyframes ${name}{0%{visibility:hidden}${percent(from)}{visibility:visible}${end}}
.${name}{visibility:${until >= seconds ? "visible" : "hidden"};animation:${name} ${seconds}s step-end infinite}`
    )
    return name
  }
  const bodies = screens.map((screen) => {
    const [column, row] = screen.at
    const rows = shownIn(screen, seconds).map((shown) =>
      shown.from === 0 && shown.until >= seconds ? shown.row : `<g class="${classOf(shown)}">${shown.row}</g>`
    )
    return `<g transform="translate(${(column * wide).toFixed(1)} ${row * high})">
<rect y="${high}" width="${widthOf(screen.columns)}" height="${heightOf(screen.rows)}" rx="8" fill="${background}"/>
<text x="${edge}" y="13" fill="#7f8796">${escaped(screen.title)}</text>
<g transform="translate(0 ${high})">
${rows.join("\n")}
</g>
</g>`
  })
  const width = Math.max(...screens.map(({ at, columns }) => at[0] * wide + widthOf(columns)))
  const height = Math.max(...screens.map(({ at, rows }) => (at[1] + 1) * high + heightOf(rows)))
  const style = `<style>${[...spans.values()].join("\n")}
@media (prefers-reduced-motion: reduce){g[class]{animation:none}}</style>`
  return document(Math.ceil(width), Math.ceil(height), title, [style, ...bodies].join("\n"))
}
