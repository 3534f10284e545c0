/** Minor units of `x.xx`, or nothing if it is not that. */
export const minorOf = (text: string | undefined): number | undefined =>
  text !== undefined && /^\d{1,9}(\.\d{1,2})?$/.test(text) ? Math.round(Number(text) * 100) : undefined

export const decimalOf = (minor: number): string => (minor / 100).toFixed(2)

/** `YYYYMMDDhhmmss`, UTC. */
export const stampOf = (at: number): string => new Date(at).toISOString().replace(/\D/g, "").slice(0, 14)
