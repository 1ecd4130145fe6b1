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

/** Draws a screen. Each line may hold the escape sequences that choose colours, and no others. */
export const svgOf = (lines: ReadonlyArray<string>, columns: number, title: string): string => {
  const parts: Array<string> = []
  let style = plain
  for (const [row, line] of lines.entries()) {
    let column = 0
    for (const [, codes, text] of line.matchAll(/\x1b\[([\d;]*)m|([^\x1b]+)/g)) {
      if (text === undefined) {
        for (const code of (codes ?? "").split(";")) style = applied(style, Number(code))
        continue
      }
      parts.push(tspan(text, column, row, style))
      column += Bun.stringWidth(text)
    }
  }
  const width = Math.ceil(columns * wide + 2 * edge)
  const height = lines.length * high + 2 * edge
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" font-family="ui-monospace, Menlo, Consolas, 'DejaVu Sans Mono', monospace" font-size="14">
<title>${escaped(title)}</title>
<rect width="100%" height="100%" rx="8" fill="${background}"/>
${parts.filter((part) => part !== "").join("\n")}
</svg>
`
}
