import { Effect, Logger, References } from "effect"

/** A log that keeps what is written into it: the words of each entry and what it is about. */
export const keptLog = () => {
  const entries: Array<{ readonly level: string; readonly words: string; readonly about: object }> = []
  const logger = Logger.make(({ fiber, logLevel, message }) => {
    const [words] = Array.isArray(message) ? message : [message]
    const about = { ...fiber.getRef(References.CurrentLogAnnotations) }
    entries.push({ level: logLevel, words: String(words), about })
  })
  return { entries, keeping: Effect.provide(Logger.layer([logger])) }
}
