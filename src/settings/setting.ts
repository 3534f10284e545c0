import { Config, ConfigProvider, Duration, Effect, type Option, Schema, SchemaTransformation } from "effect"

/** What is told of a setting wherever settings are listed: the README, `--help`, a refusal. */
export interface SettingWords {
  readonly name: string
  /** What may stand in it, in the words of its schema. */
  readonly values: string
  /** What holds without it, as it would be written, or in words. */
  readonly standard: { readonly value: string } | { readonly words: string }
  /** What it sets; a sentence without its full stop. */
  readonly sets: string
}

/** A variable of the environment: the config that reads it, and what is told of it. Neither can be had alone. */
export type Setting<A> = Config.Config<A> & { readonly words: SettingWords }

type Readable<A> = Schema.ConstraintCodec<A, unknown>

/** A setting with a default, which is written here as somebody would set it. */
export const setting = <A>(
  name: string,
  schema: Readable<A>,
  { standard, sets }: { readonly standard: string; readonly sets: string }
): Setting<A> => {
  const config = Config.schema(schema, name)
  const byDefault = Effect.runSync(config.parse(ConfigProvider.fromEnvRecord({ [name]: standard })))
  const words = { name, values: valuesOf(schema), standard: { value: standard }, sets }
  return Object.assign(Config.withDefault(config, byDefault), { words })
}

/** A setting that may be left out; `without` says what holds then. */
export const optionalSetting = <A>(
  name: string,
  schema: Readable<A>,
  { without, sets }: { readonly without: string; readonly sets: string }
): Setting<Option.Option<A>> => {
  const words = { name, values: valuesOf(schema), standard: { words: without }, sets }
  return Object.assign(Config.option(Config.schema(schema, name)), { words })
}

const valuesOf = <A>(schema: Readable<A>): string =>
  Schema.resolveAnnotations(schema)?.description ?? "a text"

/** One of some words. */
export const oneOf = <const Words extends ReadonlyArray<string>>(words: Words) =>
  Schema.Literals(words).annotate({ description: words.map((word) => `\`${word}\``).join(", ") })

/** A whole number within bounds. */
export const wholeNumber = (minimum: number, maximum: number) =>
  Schema.Int.check(
    Schema.isBetween({ minimum, maximum }, { expected: `a whole number from ${minimum} to ${maximum}` })
  ).annotate({ description: `${minimum} to ${maximum}` })

export const yesOrNo = Schema.Literals(["true", "yes", "on", "1", "false", "no", "off", "0"]).pipe(
  Schema.decodeTo(
    Schema.Boolean.annotate({ description: "`true`, `false`" }),
    SchemaTransformation.transform({
      decode: (word) => ["true", "yes", "on", "1"].includes(word),
      encode: (yes) => (yes ? "true" : "false")
    })
  )
)

/** Such as `24 hours`. */
export const time = Schema.DurationFromString.annotate({ description: "a time: `90 seconds`" })

const rateWords = /^(\d{1,7}) at once, then (\d{1,7}) (?:a|an|each|per) (second|minute|hour|day)$/

const lengths = {
  second: Duration.seconds(1),
  minute: Duration.minutes(1),
  hour: Duration.hours(1),
  day: Duration.days(1)
} as const

const rateIn = (words: string) => {
  const [, atOnce, times, unit] = rateWords.exec(words) ?? []
  const length =
    unit === "second" || unit === "minute" || unit === "hour" || unit === "day" ? lengths[unit] : undefined
  if (length === undefined || Number(atOnce) < 1 || Number(times) < 1) return undefined
  return { atOnce: Number(atOnce), every: Duration.millis(Duration.toMillis(length) / Number(times)) }
}

/** How often something may be asked: `20 at once, then 1 a second`, or `off`. */
export const rate = Schema.String.check(
  Schema.makeFilter((words) => words === "off" || rateIn(words) !== undefined, { expected: "a rate" })
).pipe(
  Schema.decodeTo(
    Schema.UndefinedOr(Schema.Struct({ atOnce: Schema.Int, every: Schema.Duration })).annotate({
      description: "a rate: `20 at once, then 1 a second`, or `off`"
    }),
    SchemaTransformation.transform({ decode: rateIn, encode: () => "off" })
  )
)

export const text = Schema.String

/** Never shown, whatever is wrong with it. */
export const secret = Schema.Redacted(Schema.String).annotate({ description: "a secret" })
