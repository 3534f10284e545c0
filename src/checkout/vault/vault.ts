import type { FromVault, ToVault } from "../wire.ts"
import { asExpiry, brandOf, codeLength, digitsOf, expiryProblem, inGroups, isCardNumber } from "./card.ts"

// The page of the simulated vault: the one place that sees a card. It makes a token of it here, in the browser, and
// its policy lets it send nothing to anybody; only the token leaves, for the checkout that it stands in.

interface VaultData {
  /** The checkout's origin: nobody else is listened or spoken to. */
  readonly checkout: string
  /** The tokens of the documented test cards, by a hash of their numbers. */
  readonly known: Readonly<Record<string, string>>
}

const data: VaultData = JSON.parse(document.getElementById("data")?.textContent ?? "{}")
const say = (message: FromVault) => parent.postMessage(message, data.checkout)

const input = (id: string): HTMLInputElement => {
  const found = document.getElementById(id)
  if (!(found instanceof HTMLInputElement)) throw new Error(`no input #${id}`)
  return found
}
const number = input("number")
const expiry = input("expiry")
const code = input("code")

/** Shows the problem of a field, or none. */
const mark = (field: HTMLInputElement, problem: string | undefined) => {
  field.setAttribute("aria-invalid", String(problem !== undefined))
  for (const text of document.querySelectorAll<HTMLElement>(`[data-of="${field.id}"]`)) {
    text.hidden = text.dataset["problem"] !== problem
    if (!text.hidden) field.setAttribute("aria-describedby", text.id)
  }
  if (problem === undefined) field.removeAttribute("aria-describedby")
}

const problemOf = (field: HTMLInputElement): string | undefined => {
  const digits = digitsOf(field.value)
  if (field === number) return isCardNumber(digits) ? undefined : "number"
  if (field === expiry) return expiryProblem(digits)
  return digits.length === codeLength(digitsOf(number.value)) ? undefined : "code"
}

/** Writes a field anew in its own form; who typed in the middle of it stays there. */
const rewrite = (field: HTMLInputElement, form: (digits: string) => string) => {
  const before = digitsOf(field.value.slice(0, field.selectionStart ?? field.value.length)).length
  const written = form(digitsOf(field.value))
  if (written === field.value) return
  const atEnd = (field.selectionStart ?? 0) >= field.value.length
  field.value = written
  if (atEnd || document.activeElement !== field) return
  let at = 0
  for (let seen = 0; at < written.length && seen < before; at++) if (/[0-9]/.test(written[at] ?? "")) seen++
  field.setSelectionRange(at, at)
}

number.addEventListener("input", () => {
  rewrite(number, inGroups)
  document.documentElement.dataset["brand"] = brandOf(digitsOf(number.value)) ?? ""
  code.maxLength = codeLength(digitsOf(number.value))
  if (isCardNumber(digitsOf(number.value))) mark(number, undefined)
})
expiry.addEventListener("input", (event) => {
  // Deleting back over the stroke deletes it too.
  if (event instanceof InputEvent && event.inputType.startsWith("delete")) return
  rewrite(expiry, asExpiry)
})
for (const field of [number, expiry, code]) {
  field.addEventListener("blur", () => {
    if (field.value !== "") mark(field, problemOf(field))
  })
  field.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && event.isTrusted) say({ type: "submit" })
  })
}

const hexOf = async (text: string): Promise<string> => {
  const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text))
  return [...new Uint8Array(hash)].map((byte) => byte.toString(16).padStart(2, "0")).join("")
}

/**
 * The vault's own key, drawn in this browser and kept where no other origin reads it: without it the few digits of a
 * number that a token leaves out could be tried. A browser that gives frames no storage has a new one for each page.
 */
const keyOfVault = (): string => {
  const fresh = [...crypto.getRandomValues(new Uint8Array(32))].join()
  try {
    const known = localStorage.getItem("key")
    if (known !== null) return known
    localStorage.setItem("key", fresh)
  } catch {
    // No storage.
  }
  return fresh
}
const vaultKey = keyOfVault()

/**
 * A documented test card has its own token. That of any other card says itself what a vault may tell of it: network,
 * first and last digits, expiry, and a keyed hash by which this browser's vault knows the same card again.
 */
const tokenOf = async (): Promise<string> => {
  const digits = digitsOf(number.value)
  const known = data.known[await hexOf(`stub vault ${digits}`)]
  if (known !== undefined) return known
  const [month, year] = [digitsOf(expiry.value).slice(0, 2), digitsOf(expiry.value).slice(2)]
  const bin = digits.slice(0, digits.length >= 16 ? 8 : 6)
  // Hashed twice, so that nothing can be added to what is hashed.
  const hash = (await hexOf(`${vaultKey} ${await hexOf(`${vaultKey} ${digits}`)}`)).slice(0, 24)
  return `tok_stub_${brandOf(digits) ?? ""}_b${bin}_l${digits.slice(-4)}_x${month}${year}_${hash}`
}

const tokenize = async (ask: number) => {
  const wrong = [number, expiry, code].filter((field) => {
    const problem = problemOf(field)
    mark(field, problem)
    return problem !== undefined
  })
  if (wrong.length > 0) {
    wrong[0]?.focus()
    return say({ type: "refused", ask })
  }
  say({ type: "token", ask, vaultId: "stub", tokenRef: await tokenOf() })
}

let heard = false

addEventListener("message", ({ origin, source, data: said }: MessageEvent<ToVault>) => {
  if (origin !== data.checkout || source !== parent) return
  heard = true
  switch (said.type) {
    case "tokenize":
      return void tokenize(said.ask)
    case "focus":
      return number.focus()
    case "clear":
      for (const field of [number, expiry, code]) {
        field.value = ""
        mark(field, undefined)
      }
      document.documentElement.dataset["brand"] = ""
  }
})

new ResizeObserver(() =>
  say({ type: "height", height: Math.ceil(document.body.getBoundingClientRect().height) })
).observe(document.body)

// Who listens may not be there yet.
const introduce = () => {
  if (heard) return
  say({ type: "ready" })
  setTimeout(introduce, 200)
}
introduce()
