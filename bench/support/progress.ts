/** One line that is written over in a terminal; elsewhere a line for every tenth. */
export interface Progress {
  readonly tell: (what: string) => void
  readonly step: () => void
  readonly end: () => void
}

const width = 24

export const progressBar = (title: string, steps: number): Progress => {
  const began = performance.now()
  let done = 0
  let tenths = 0
  let now = ""
  const show = () => {
    const share = Math.min(done / steps, 1)
    const seconds = (performance.now() - began) / 1000
    const left = done === 0 ? "" : `, ${Math.ceil((seconds / share) * (1 - share))} s left`
    const bar = "#".repeat(Math.round(share * width)).padEnd(width, "-")
    const line = `${title} [${bar}] ${Math.floor(share * 100)} %${left}  ${now}`
    if (process.stderr.isTTY) process.stderr.write(`\r${line.slice(0, process.stderr.columns - 1)}\u001b[K`)
    else if (Math.floor(share * 10) > tenths) process.stderr.write(`${line}\n`)
    tenths = Math.floor(share * 10)
  }
  return {
    tell: (what) => {
      now = what
      if (process.stderr.isTTY) show()
    },
    step: () => {
      done++
      show()
    },
    end: () => {
      if (process.stderr.isTTY) process.stderr.write("\n")
    }
  }
}
