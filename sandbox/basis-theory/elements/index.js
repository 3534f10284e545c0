// The emulated vault's script for browsers: the part of web-elements that a checkout uses, with the same names. What is
// typed stays in frames of this origin; the page that loads this is told whether it is complete, and the token.
;(() => {
  const { origin } = new URL(document.currentScript.src)
  const hosted = `${origin}/web-elements/2.17.0/hosted-elements/`

  class BasisTheoryValidationError extends Error {
    constructor(details) {
      super("Unable to create token. Payload contains invalid values.")
      this.name = "BasisTheoryValidationError"
      this.details = details
    }
  }

  class BasisTheoryApiError extends Error {
    constructor(status, data) {
      super("Received error from the API")
      this.name = "BasisTheoryApiError"
      this.status = status
      this.data = data
    }
  }

  const elements = new Map()
  const asked = new Map()
  let count = 0

  addEventListener("message", ({ origin: from, source, data }) => {
    if (from !== origin) return
    const element = [...elements.values()].find(({ frame }) => frame?.contentWindow === source)
    if (element === undefined) return
    if (data.kind === "event") {
      if (data.event.type === "change") element.metadata = data.event
      for (const listener of element.listeners.get(data.event.type) ?? []) listener(data.event)
    }
    if (data.kind === "answer") {
      asked.get(data.ask)?.(data)
      asked.delete(data.ask)
    }
  })

  const make = (type, options) => {
    const id = `bt-${(count += 1)}`
    const element = { id, frame: undefined, metadata: { complete: false, empty: true }, listeners: new Map() }
    elements.set(id, element)
    const say = (message) => element.frame?.contentWindow?.postMessage(message, origin)
    const on = (event, listener) => {
      element.listeners.set(event, [...(element.listeners.get(event) ?? []), listener])
      return { unsubscribe: () => undefined }
    }
    return {
      id,
      get metadata() {
        return element.metadata
      },
      on,
      mount: (place) =>
        new Promise((resolve, reject) => {
          const target = typeof place === "string" ? document.querySelector(place) : place
          if (target === null) return reject(new Error("Unable to find the element's place"))
          const frame = document.createElement("iframe")
          frame.title = options["aria-label"] ?? type
          Object.assign(frame.style, { border: "0", width: "100%", height: "24px", display: "block" })
          on("ready", () => {
            say({ kind: "options", options })
            resolve()
          })
          frame.src = `${hosted}?type=${type}&id=${id}`
          element.frame = frame
          target.replaceChildren(frame)
        }),
      update: async (changed) => say({ kind: "options", options: changed }),
      clear: () => say({ kind: "clear" }),
      focus: () => say({ kind: "focus" }),
      month: () => ({ element: { id }, method: "month" }),
      year: () => ({ element: { id }, method: "year" })
    }
  }

  window.basistheory = async (apiKey) => ({
    createElement: make,
    tokenIntents: {
      create: async ({ type, data }, request = {}) => {
        const references = Object.fromEntries(
          Object.entries(data).map(([name, value]) => [
            name,
            value.method === undefined
              ? { element: value.id }
              : { element: value.element.id, part: value.method }
          ])
        )
        const used = Object.values(references).map(({ element }) => elements.get(element))
        if (used.some(({ metadata }) => !metadata.complete))
          throw new BasisTheoryValidationError({ data: {} })
        const ask = (count += 1)
        const [first] = used
        const answer = await new Promise((resolve) => {
          asked.set(ask, resolve)
          first.frame.contentWindow.postMessage(
            {
              kind: "create",
              ask,
              path: "/token-intents",
              apiKey: request.apiKey ?? apiKey,
              type,
              references
            },
            origin
          )
        })
        if (answer.status !== 201) throw new BasisTheoryApiError(answer.status, answer.body)
        return answer.body
      }
    }
  })
})()
