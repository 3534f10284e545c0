import { Clock, Effect, Option, Schema } from "effect"
import { HttpRouter, HttpServerRequest, HttpServerResponse } from "effect/http"
import type { Assets } from "./assets.ts"
import { CardFields } from "./CardFields.ts"
import { reportPath } from "./policy.ts"

/** What a browser's policy forbade, in both shapes in which browsers tell it, and what our own page saw. */
const Report = Schema.Union([
  Schema.Struct({
    "csp-report": Schema.Struct({
      "violated-directive": Schema.optionalKey(Schema.String),
      "effective-directive": Schema.optionalKey(Schema.String),
      "blocked-uri": Schema.optionalKey(Schema.String),
      "document-uri": Schema.optionalKey(Schema.String)
    })
  }),
  Schema.Struct({
    type: Schema.Literal("csp-violation"),
    body: Schema.Struct({
      effectiveDirective: Schema.optionalKey(Schema.String),
      blockedURL: Schema.optionalKey(Schema.String),
      documentURL: Schema.optionalKey(Schema.String)
    })
  }),
  Schema.Struct({ type: Schema.Literal("tamper"), element: Schema.String, origin: Schema.String })
])
type Report = typeof Report.Type

const decodeReports = Schema.decodeUnknownOption(Schema.Union([Report, Schema.Array(Report)]))

/** Reports of one minute that are written into the log: anybody may send some. */
const mostPerMinute = 60

/** A word or an origin; an address may hold a secret, and a text anything. */
const plain = (text: string | undefined): string => {
  if (text !== undefined && /^[a-z-]{1,40}$/.test(text)) return text
  return text !== undefined && URL.canParse(text) ? new URL(text).origin.slice(0, 200) : "other"
}

const told = (report: Report) => {
  if ("csp-report" in report) {
    const found = report["csp-report"]
    const directive = found["effective-directive"] ?? found["violated-directive"]?.split(" ")[0]
    return { forbade: plain(directive), of: plain(found["blocked-uri"]) }
  }
  return report.type === "tamper"
    ? { found: plain(report.element), of: plain(report.origin) }
    : { forbade: plain(report.body.effectiveDirective), of: plain(report.body.blockedURL) }
}

/**
 * Where browsers tell that something was in a page of the checkout that does not belong there (PCI DSS 11.6.1), and
 * the inventory of what does (6.4.3).
 */
export const reportRoutes = (assets: Assets) =>
  HttpRouter.use(
    Effect.fnUntraced(function* (router) {
      const { offered } = yield* CardFields
      let minute = 0
      let taken = 0

      const report = Effect.gen(function* () {
        const { text } = yield* HttpServerRequest.HttpServerRequest
        const body = Option.flatMap(yield* Effect.option(text), (said) =>
          Option.liftThrowable((one: string): unknown => JSON.parse(one))(said)
        )
        const reports = Option.match(Option.flatMap(body, decodeReports), {
          onNone: () => [],
          onSome: (one) => [one].flat()
        })
        const now = Math.floor((yield* Clock.currentTimeMillis) / 60_000)
        if (now !== minute) [minute, taken] = [now, 0]
        for (const one of reports.slice(0, 10)) {
          taken += 1
          if (taken > mostPerMinute) break
          yield* Effect.logWarning("a checkout held what does not belong there").pipe(
            Effect.annotateLogs(told(one))
          )
        }
        return HttpServerResponse.empty({ status: 204 })
      })

      yield* router.add("POST", reportPath, report)
      yield* router.add(
        "GET",
        "/checkout/inventory",
        Effect.succeed(
          HttpServerResponse.jsonUnsafe([
            ...assets.inventory,
            ...(offered?.vault === "basis_theory"
              ? [
                  {
                    script: offered.script,
                    why: "the vault's own card fields",
                    integrity: offered.integrity ?? null
                  }
                ]
              : [])
          ])
        )
      )
    })
  )
