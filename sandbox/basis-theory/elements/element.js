// One field of the emulated vault, in a frame of the vault's origin. The fields of a page find each other there.
const query = new URLSearchParams(location.search)
const type = query.get("type")
const input = document.querySelector("input")

// Only the page around it is spoken to. Which one that is, the real vault does not ask either: what leaves says nothing
// of the card.
const say = (message) => parent.postMessage(message, "*")
const digits = () => input.value.replaceAll(/\D/g, "")

const checks = (number) => {
  const sum = [...number].toReversed().reduce((sofar, digit, at) => {
    const counted = at % 2 === 0 ? Number(digit) : Number(digit) * 2
    return sofar + (counted > 9 ? counted - 9 : counted)
  }, 0)
  return number.length >= 13 && number.length <= 19 && sum % 10 === 0
}
const brandOf = (number) =>
  /^3[47]/.test(number)
    ? "american-express"
    : number.startsWith("4")
      ? "visa"
      : /^(5[1-5]|2)/.test(number)
        ? "mastercard"
        : "unknown"

let cardBrand = "unknown"

const complete = () => {
  if (type === "cardNumber") return checks(digits())
  if (type === "cardVerificationCode") return digits().length === (cardBrand === "american-express" ? 4 : 3)
  const month = Number(digits().slice(0, 2))
  return (
    digits().length === 4 &&
    month >= 1 &&
    month <= 12 &&
    new Date(2000 + Number(digits().slice(2)), month, 1) > new Date()
  )
}

/** What another field of this page, or this one, has for the vault. */
window.valueFor = (part) => {
  if (part === "month") return Number(digits().slice(0, 2))
  if (part === "year") return 2000 + Number(digits().slice(2))
  return digits()
}
window.elementId = query.get("id")

const siblings = () =>
  Array.from({ length: parent.length }, (_, at) => {
    try {
      return parent[at].elementId === undefined ? undefined : parent[at]
    } catch {
      // A frame of another origin.
      return undefined
    }
  }).filter((one) => one !== undefined)

const create = async ({ ask, path, apiKey, type: kind, references }) => {
  const data = Object.fromEntries(
    Object.entries(references).map(([name, { element, part }]) => [
      name,
      siblings()
        .find(({ elementId }) => elementId === element)
        ?.valueFor(part)
    ])
  )
  const response = await fetch(path, {
    method: "POST",
    headers: { "content-type": "application/json", "bt-api-key": apiKey },
    body: JSON.stringify({ type: kind, data })
  }).catch(() => undefined)
  say({ kind: "answer", ask, status: response?.status ?? 0, body: await response?.json() })
}

const changed = (leaving) => {
  const done = complete()
  const wrong = leaving && !done && input.value !== ""
  input.setAttribute("aria-invalid", String(wrong))
  say({
    kind: "event",
    event: {
      type: "change",
      complete: done,
      empty: input.value === "",
      errors: wrong ? [{ targetId: window.elementId, type: "invalid" }] : [],
      ...(type === "cardNumber" ? { cardBrand: brandOf(digits()) } : {})
    }
  })
}

input.addEventListener("input", (event) => {
  if (!event.inputType?.startsWith("delete")) {
    if (type === "cardNumber")
      input.value = digits()
        .slice(0, 19)
        .replaceAll(/\d{4}(?=\d)/g, "$& ")
    if (type === "cardExpirationDate" && digits().length > 2)
      input.value = `${digits().slice(0, 2)} / ${digits().slice(2, 4)}`
  }
  changed(false)
})
input.addEventListener("focus", () => say({ kind: "event", event: { type: "focus" } }))
input.addEventListener("blur", () => {
  say({ kind: "event", event: { type: "blur" } })
  changed(true)
})
input.addEventListener("keydown", ({ key }) => {
  if (key === "Enter" || key === "Escape") say({ kind: "event", event: { type: "keydown", key } })
})

addEventListener("message", ({ source, data }) => {
  if (source !== parent) return
  if (data.kind === "options") {
    const { autoComplete, placeholder, style } = data.options
    if (data.options["aria-label"] !== undefined) input.setAttribute("aria-label", data.options["aria-label"])
    if (autoComplete !== undefined) input.setAttribute("autocomplete", autoComplete)
    if (placeholder !== undefined) input.placeholder = placeholder
    if (data.options.cardBrand !== undefined) ({ cardBrand } = data.options)
    for (const name of ["color", "fontFamily", "fontSize"])
      if (style?.base?.[name] !== undefined) input.style[name] = style.base[name]
  }
  if (data.kind === "focus") input.focus()
  if (data.kind === "clear") {
    input.value = ""
    changed(false)
  }
  if (data.kind === "create") void create(data)
})

say({ kind: "event", event: { type: "ready" } })
