/** The clock of the emulators: the machine's, moved ahead by whoever tests what a day later brings. */
export interface Clock {
  /** Epoch milliseconds. */
  readonly now: () => number
  /** How far it was moved ahead, in milliseconds. */
  readonly ahead: () => number
  /** Moves it ahead; what falls due is done before this returns. */
  readonly advance: (milliseconds: number) => void
  /** Does something when its time has come, and never once the clock was stopped. */
  readonly at: (time: number, run: () => void) => void
  /** Real time, which nobody moves: for answers that are slow on the wire. */
  readonly wait: (milliseconds: number) => Promise<void>
  readonly stop: () => void
}

const longestTimer = 2 ** 31 - 1

export const makeClock = (moved: (ahead: number) => void, startsAhead = 0): Clock => {
  let ahead = startsAhead
  let stopped = false
  let alarms: ReadonlyArray<{ readonly time: number; readonly run: () => void }> = []
  let timer: NodeJS.Timeout | undefined
  const waits = new Set<NodeJS.Timeout>()
  const now = () => Date.now() + ahead

  const arm = () => {
    clearTimeout(timer)
    const next = alarms[0]
    if (stopped || next === undefined) return
    timer = setTimeout(ring, Math.min(Math.max(next.time - now(), 0), longestTimer))
  }
  const ring = () => {
    for (;;) {
      const next = alarms[0]
      if (stopped || next === undefined || next.time > now()) break
      alarms = alarms.slice(1)
      next.run()
    }
    arm()
  }

  return {
    now,
    ahead: () => ahead,
    advance: (milliseconds) => {
      ahead += milliseconds
      moved(ahead)
      ring()
    },
    at: (time, run) => {
      const later = alarms.findIndex((alarm) => alarm.time > time)
      alarms = alarms.toSpliced(later === -1 ? alarms.length : later, 0, { time, run })
      arm()
    },
    wait: (milliseconds) =>
      new Promise((resolve) => {
        if (stopped) return
        const wait = setTimeout(() => {
          waits.delete(wait)
          resolve()
        }, milliseconds)
        waits.add(wait)
      }),
    stop: () => {
      stopped = true
      clearTimeout(timer)
      for (const wait of waits) clearTimeout(wait)
    }
  }
}
