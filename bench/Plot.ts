/**
 * What `--scale` measured, as a picture. It is drawn by hand: six small diagrams of lines are not worth a library, and what
 * such a library draws has one set of colours, while this shows up on light and on dark pages.
 */
import { describe, type Machine } from "./Machine.ts"
import { median, p99, type Row } from "./Outcome.ts"

interface Dot {
  readonly x: number
  readonly y: number
}

interface Line {
  readonly label: string
  readonly dots: ReadonlyArray<Dot>
  /** Which of the colours, and which of the dashes. */
  readonly colour: number
  readonly dash: number
}

interface Panel {
  readonly title: string
  readonly unit: string
  readonly xUnit: string
  readonly curves: ReadonlyArray<string>
  readonly value: (samples: ReadonlyArray<number>) => number
  /** Along numbers of sessions, each step is a multiple of the one before. */
  readonly isLog: boolean
  /** By how much a row's place is divided. */
  readonly per: number
}

const along = { unit: "ms", xUnit: "sessions", value: median, isLog: true, per: 1 }
const deliveries = ["others idle", "others write"]

const panels: ReadonlyArray<Panel> = [
  { ...along, title: "Idle sessions, all together", unit: "% of a core", curves: ["idle"] },
  { ...along, title: "A broadcast, to the last line: median", curves: ["broadcast"] },
  { ...along, title: "Delivery: median", curves: deliveries },
  { ...along, title: "Delivery: 99th percentile", curves: deliveries, value: p99 },
  {
    ...along,
    title: "The server of the bus",
    unit: "% of a core",
    curves: ["server, all idle", "server, others write"]
  },
  {
    ...along,
    title: "The bus, while messages go on",
    unit: "MB",
    xUnit: "minutes",
    curves: ["bus file", "its log"],
    isLog: false,
    per: 60
  },
  {
    ...along,
    title: "Memory of one session",
    unit: "MB",
    xUnit: "messages",
    curves: ["sender", "receiver, pushed to", "receiver, by hooks"],
    isLog: false
  }
]

const width = 960
const columns = 2
const cell = { width: width / columns, height: 286 }
const margin = { left: 60, right: 24, top: 78, bottom: 46 }
const inner = {
  width: cell.width - margin.left - margin.right,
  height: cell.height - margin.top - margin.bottom
}
const captionHeight = 52

/** Light, and dark. */
const colours = [
  ["#1d4ed8", "#7aa8ff"],
  ["#b45309", "#f5a34a"],
  ["#15803d", "#5fd08a"]
] as const
const dashes = ["", "6 4", "2 3"]

const style = `
  text { font: 12px system-ui, sans-serif; fill: #1f2328 }
  .title { font-weight: 600; font-size: 14px } .small { font-size: 11px; fill: #59636e }
  .grid { stroke: #d1d9e0 } .axis { stroke: #59636e } .aim { stroke: #59636e; stroke-dasharray: 1 4 }
  .line { fill: none; stroke-width: 2 }
  ${colours.map(([light], index) => `.c${index} { stroke: ${light} } .d${index} { fill: ${light} }`).join(" ")}
  @media (prefers-color-scheme: dark) {
    text { fill: #f0f6fc } .small { fill: #9198a1 } .grid { stroke: #3d444d } .axis, .aim { stroke: #9198a1 }
    ${colours.map(([, dark], index) => `.c${index} { stroke: ${dark} } .d${index} { fill: ${dark} }`).join(" ")}
  }`

const escaped = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;")

const round = (value: number): string => String(Math.round(value * 10) / 10)

const textAt = (x: number, y: number, text: string, more = ""): string =>
  `<text x="${round(x)}" y="${round(y)}" ${more}>${escaped(text)}</text>`

/** Some five round numbers from zero on, of which the last is `largest` at least. */
const ticksTo = (largest: number): ReadonlyArray<number> => {
  const rough = (largest > 0 ? largest : 1) / 4
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = power * ([1, 2, 2.5, 5, 10].find((factor) => factor * power >= rough) ?? 10)
  return Array.from({ length: Math.ceil(largest / step) + 1 }, (_, index) => index * step)
}

const figure = (value: number): string => Number(value.toPrecision(3)).toLocaleString("en")

const dotsOf = (rows: ReadonlyArray<Row>, subject: string, curve: string, panel: Panel): ReadonlyArray<Dot> =>
  rows.flatMap(({ course, outcomes }) => {
    const samples = outcomes[subject]?.samples ?? []
    if (course?.curve !== curve || samples.length === 0) return []
    return course.at.length === 1
      ? [{ x: course.at[0]! / panel.per, y: panel.value(samples) }]
      : samples.map((y, index) => ({ x: course.at[index]! / panel.per, y }))
  })

const linesOf = (rows: ReadonlyArray<Row>, subjects: ReadonlyArray<string>, panel: Panel) =>
  panel.curves.flatMap((curve, colour) =>
    subjects.flatMap((subject, dash): ReadonlyArray<Line> => {
      const dots = dotsOf(rows, subject, curve, panel)
      const name = panel.curves.length === 1 ? subject : dash === 0 ? curve : `${subject}: ${curve}`
      return dots.length === 0 ? [] : [{ label: name, dots, colour, dash: dash % dashes.length }]
    })
  )

/** What is aimed at, where a panel shows medians. */
const aimOf = (rows: ReadonlyArray<Row>, panel: Panel): ReadonlyArray<Dot> =>
  panel.value !== median
    ? []
    : rows.flatMap(({ aim, course }) =>
        course !== undefined && panel.curves.includes(course.curve) && aim.median !== undefined
          ? course.at.map((at) => ({ x: at / panel.per, y: aim.median! }))
          : []
      )

const draw = (rows: ReadonlyArray<Row>, subjects: ReadonlyArray<string>, panel: Panel): string => {
  const lines = linesOf(rows, subjects, panel)
  const aim = aimOf(rows, panel)
  const dots = lines.flatMap((line) => line.dots)
  const yTicks = ticksTo(Math.max(...[...dots, ...aim].map(({ y }) => y)))
  const xs = [...new Set(dots.map(({ x }) => x))].toSorted((a, b) => a - b)
  const xTicks = panel.isLog ? xs : ticksTo(xs.at(-1)!).filter((tick) => tick <= xs.at(-1)!)
  const place = panel.isLog ? Math.log : (x: number) => x
  const [first, last] = [place(xs[0]!), place(xs.at(-1)!)]
  const toX = (x: number) => margin.left + (inner.width * (place(x) - first)) / (last - first || 1)
  const toY = (y: number) => margin.top + inner.height * (1 - y / yTicks.at(-1)!)
  const path = (some: ReadonlyArray<Dot>) =>
    some.map(({ x, y }, index) => `${index === 0 ? "M" : "L"}${round(toX(x))} ${round(toY(y))}`).join("")
  const bottom = margin.top + inner.height
  const right = margin.left + inner.width
  const legend = { x: margin.left, y: 38 }
  /** A line's sign and its name, in the next place that is free. */
  const entry = (label: string, look: string) => {
    const space = 44 + label.length * 6.2
    if (legend.x + space > cell.width && legend.x > margin.left)
      Object.assign(legend, { x: margin.left, y: legend.y + 16 })
    const { x, y } = legend
    legend.x += space
    return `<path d="M${round(x)} ${y}h20" ${look}/>${textAt(x + 26, y + 4, label, 'class="small"')}`
  }
  return [
    textAt(margin.left, 22, panel.title, 'class="title"'),
    ...lines.map(({ colour, dash, label }) =>
      entry(label, `class="line c${colour}" stroke-dasharray="${dashes[dash]}"`)
    ),
    aim.length === 0 ? "" : entry("aim", 'class="line aim"'),
    ...yTicks.map(
      (tick) =>
        `<path d="M${margin.left} ${round(toY(tick))}H${right}" class="${tick === 0 ? "axis" : "grid"}"/>${textAt(margin.left - 8, toY(tick) + 4, figure(tick), 'class="small" text-anchor="end"')}`
    ),
    ...xTicks.map((tick) =>
      textAt(toX(tick), bottom + 18, figure(tick), 'class="small" text-anchor="middle"')
    ),
    textAt(right, bottom + 36, panel.xUnit, 'class="small" text-anchor="end"'),
    textAt(margin.left - 8, margin.top - 8, panel.unit, 'class="small" text-anchor="start" dx="-44"'),
    aim.length === 0 ? "" : `<path d="${path(aim)}" class="line aim"/>`,
    ...lines.map(
      ({ colour, dash, dots }) =>
        `<path d="${path(dots)}" class="line c${colour}" stroke-dasharray="${dashes[dash]}"/>${
          panel.isLog
            ? dots
                .map(
                  ({ x, y }) =>
                    `<circle cx="${round(toX(x))}" cy="${round(toY(y))}" r="3" class="d${colour}"/>`
                )
                .join("")
            : ""
        }`
    )
  ].join("\n")
}

/** Draws the rows that have a course, as SVG. */
export const plot = (rows: ReadonlyArray<Row>, machine: Machine): string => {
  const subjects = [...new Set(rows.flatMap(({ outcomes }) => Object.keys(outcomes)))]
  const measured = panels.filter((panel) => linesOf(rows, subjects, panel).length > 0)
  const plotHeight = Math.ceil(measured.length / columns) * cell.height
  const height = plotHeight + captionHeight
  const traffic = rows.find(({ course }) => course?.curve === "bus file")
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">
<title>How the cost and the speed of cc-dm change with the number of sessions and messages</title>
<style>${style}</style>
${measured
  .map(
    (panel, index) =>
      `<g transform="translate(${(index % columns) * cell.width} ${Math.floor(index / columns) * cell.height})">\n${draw(rows, subjects, panel)}\n</g>`
  )
  .join("\n")}
${traffic === undefined ? "" : textAt(margin.left, plotHeight + 18, traffic.what, 'class="small"')}
${textAt(margin.left, plotHeight + 36, describe(machine), 'class="small"')}
</svg>
`
}
