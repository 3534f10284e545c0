// Small pictures of figures: bars beside each other, and lines. They carry their own colours for light and dark.

const width = 720
const height = 310
const frame = { left: 64, right: 16, top: 54, bottom: 62 }

const style = `<style>
.ground{fill:#fff}.text{fill:#1f2328;font:12px system-ui,sans-serif}.quiet{fill:#59636e}.title{font-weight:600;font-size:14px}
.rule{stroke:#d1d9e0}.whisker{stroke:#1f2328}
.c0{fill:#0969da}.c1{fill:#bf8700}.c2{fill:#1a7f37}.c3{fill:#cf222e}.c4{fill:#8250df}.c5{fill:#57606a}
.l0{stroke:#0969da}.l1{stroke:#bf8700}.l2{stroke:#1a7f37}.l3{stroke:#cf222e}.l4{stroke:#8250df}.l5{stroke:#57606a}
@media (prefers-color-scheme:dark){.ground{fill:#0d1117}.text{fill:#f0f6fc}.quiet{fill:#9198a1}.rule{stroke:#3d444d}.whisker{stroke:#f0f6fc}
.c0{fill:#4493f8}.c1{fill:#d29922}.c2{fill:#3fb950}.c3{fill:#f85149}.c4{fill:#ab7df8}.c5{fill:#9198a1}
.l0{stroke:#4493f8}.l1{stroke:#d29922}.l2{stroke:#3fb950}.l3{stroke:#f85149}.l4{stroke:#ab7df8}.l5{stroke:#9198a1}}
</style>`

const escaped = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;")

const at = (value: number): string => value.toFixed(1)

const text = (x: number, y: number, words: string, more = "", classes = "text"): string =>
  `<text class="${classes}" x="${at(x)}" y="${at(y)}" ${more}>${escaped(words)}</text>`

const short = (value: number): string => {
  if (value >= 1e6) return `${Number((value / 1e6).toPrecision(3))}M`
  if (value >= 1e3) return `${Number((value / 1e3).toPrecision(3))}k`
  return String(Number(value.toPrecision(3)))
}

interface Axis {
  readonly label: string
  readonly logarithmic?: boolean
}

/** Where a value lies between two ends, from 0 to 1. */
const scale = ([low, high]: readonly [number, number], logarithmic = false) => {
  const of = (value: number) => (logarithmic ? Math.log10(value) : value)
  const span = of(high) - of(low)
  return (value: number) => (span === 0 ? 0.5 : (of(value) - of(low)) / span)
}

const ticksOf = ([low, high]: readonly [number, number], logarithmic = false): ReadonlyArray<number> => {
  if (logarithmic) {
    const ticks: Array<number> = []
    for (let power = Math.ceil(Math.log10(low) - 1e-9); power <= Math.log10(high) + 1e-9; power++)
      ticks.push(10 ** power)
    return ticks
  }
  const rough = (high - low) / 4
  const unit = 10 ** Math.floor(Math.log10(rough))
  const step = [1, 2, 2.5, 5, 10].map((factor) => factor * unit).find((one) => one >= rough) ?? rough
  const ticks: Array<number> = []
  for (let tick = Math.ceil(low / step) * step; tick <= high + step / 1000; tick += step) ticks.push(tick)
  return ticks
}

const inner = { width: width - frame.left - frame.right, height: height - frame.top - frame.bottom }

const picture = (title: string, names: ReadonlyArray<string>, y: Axis, body: string): string => {
  const columns = 3
  const rows = Math.ceil(names.length / columns)
  const full = height + Math.max(0, rows - 1) * 18
  const legend = names
    .map((name, nr) => {
      const x = frame.left + (nr % columns) * (inner.width / columns)
      const place = height - 20 + Math.floor(nr / columns) * 18
      return `<rect class="c${nr % 6}" x="${at(x)}" y="${at(place)}" width="10" height="10" rx="2"/>${text(x + 15, place + 9, name)}`
    })
    .join("\n")
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${full}" width="${width}" height="${full}" role="img" aria-label="${escaped(title)}">`,
    style,
    `<rect class="ground" width="${width}" height="${full}" rx="6"/>`,
    text(16, 22, title, "", "text title"),
    text(16, 38, y.label, "", "text quiet"),
    body,
    legend,
    "</svg>",
    ""
  ].join("\n")
}

const yAxis = (ends: readonly [number, number], logarithmic?: boolean) => {
  const place = scale(ends, logarithmic)
  const y = (value: number) => frame.top + inner.height * (1 - place(value))
  const lines = ticksOf(ends, logarithmic)
    .map(
      (tick) =>
        `<line class="rule" x1="${frame.left}" x2="${width - frame.right}" y1="${at(y(tick))}" y2="${at(y(tick))}"/>` +
        text(frame.left - 8, y(tick) + 4, short(tick), 'text-anchor="end"', "text quiet")
    )
    .join("\n")
  return { y, lines }
}

/** A value with the ends of its whisker. */
export interface Bar {
  readonly value: number
  readonly low?: number
  readonly high?: number
}

/** Groups of bars, one of each series in every group. */
export const bars = (
  title: string,
  y: Axis,
  groups: ReadonlyArray<string>,
  series: ReadonlyArray<{ readonly name: string; readonly bars: ReadonlyArray<Bar | undefined> }>
): string => {
  const all = series.flatMap(({ bars: some }) => some.flatMap((bar) => (bar === undefined ? [] : [bar])))
  const highest = Math.max(...all.map(({ value, high }) => Math.max(value, high ?? value)))
  const lowest =
    y.logarithmic === true ? 10 ** Math.floor(Math.log10(Math.min(...all.map(({ value }) => value)))) : 0
  const { y: of, lines } = yAxis([lowest, highest * (y.logarithmic === true ? 1.3 : 1.05)], y.logarithmic)
  const group = inner.width / groups.length
  const one = Math.min(34, (group * 0.82) / series.length)
  const drawn = groups.flatMap((name, g) => {
    const start = frame.left + group * g + (group - one * series.length) / 2
    return [
      text(frame.left + group * (g + 0.5), height - frame.bottom + 18, name, 'text-anchor="middle"'),
      ...series.flatMap(({ bars: some }, s) => {
        const bar = some[g]
        if (bar === undefined) return []
        const x = start + one * s
        const top = of(Math.max(bar.value, lowest))
        const { low = bar.value, high = bar.value } = bar
        return [
          `<rect class="c${s % 6}" x="${at(x + 1)}" y="${at(top)}" width="${at(one - 2)}" height="${at(Math.max(1, frame.top + inner.height - top))}" rx="2"/>`,
          `<line class="whisker" x1="${at(x + one / 2)}" x2="${at(x + one / 2)}" y1="${at(of(Math.max(low, lowest)))}" y2="${at(of(high))}"/>`
        ]
      })
    ]
  })
  return picture(
    title,
    series.map(({ name }) => name),
    y,
    [lines, ...drawn].join("\n")
  )
}

/** Lines over numbers. */
export const lines = (
  title: string,
  x: Axis,
  y: Axis,
  series: ReadonlyArray<{ readonly name: string; readonly points: ReadonlyArray<readonly [number, number]> }>
): string => {
  const points = series.flatMap(({ points: some }) => some)
  const ends = (values: ReadonlyArray<number>, axis: Axis): readonly [number, number] => {
    const [low, high] = [Math.min(...values), Math.max(...values)]
    if (axis.logarithmic === true)
      return [10 ** Math.floor(Math.log10(low)), 10 ** Math.ceil(Math.log10(high * 1.01))]
    return [0, high === 0 ? 1 : high * 1.05]
  }
  const wide = points.map(([one]) => one)
  const across: readonly [number, number] =
    x.logarithmic === true ? [Math.min(...wide), Math.max(...wide)] : ends(wide, x)
  const { y: of, lines: rules } = yAxis(
    ends(
      points.map(([, one]) => one),
      y
    ),
    y.logarithmic
  )
  const place = scale(across, x.logarithmic)
  const xOf = (value: number) => frame.left + inner.width * place(value)
  const marks = ticksOf(across, x.logarithmic).map((tick) =>
    text(xOf(tick), height - frame.bottom + 18, short(tick), 'text-anchor="middle"', "text quiet")
  )
  const drawn = series.map(({ points: some }, s) => {
    const path = some.map(([px, py], nr) => `${nr === 0 ? "M" : "L"}${at(xOf(px))} ${at(of(py))}`).join("")
    const dots =
      some.length > 40
        ? []
        : some.map(([px, py]) => `<circle class="c${s % 6}" cx="${at(xOf(px))}" cy="${at(of(py))}" r="3"/>`)
    return `<path class="l${s % 6}" d="${path}" fill="none" stroke-width="2" stroke-linejoin="round"/>${dots.join("")}`
  })
  return picture(
    title,
    series.map(({ name }) => name),
    y,
    [
      rules,
      ...marks,
      text(width - frame.right, height - frame.bottom + 34, x.label, 'text-anchor="end"', "text quiet"),
      ...drawn
    ].join("\n")
  )
}
