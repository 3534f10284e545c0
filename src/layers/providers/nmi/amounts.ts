/** Minor units as NMI wants them: `12.50`. It has two decimals in every currency. */
export const decimalOf = (minor: number): string => {
  const digits = String(minor).padStart(3, "0")
  return `${digits.slice(0, -2)}.${digits.slice(-2)}`
}

/** Minor units of `12.50` or `-12.50`; nothing if it is written in another way. */
export const minorOf = (text: string): number | undefined =>
  /^-?(0|[1-9][0-9]{0,11})\.[0-9]{2}$/.test(text) ? Number(text.replace(".", "")) : undefined
