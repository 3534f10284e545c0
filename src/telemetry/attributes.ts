import { Predicate } from "effect"

/** A code of ours: `mid_bio_1`, `captured`. */
const code = /^[A-Za-z][A-Za-z0-9_.-]{0,62}$/

/**
 * What a span may tell, and how a value of it looks. Whatever is not listed is left out, because a path, a header or a
 * message may hold anything that a caller wrote.
 */
const shapes: Readonly<Record<string, RegExp | "number">> = {
  "http.request.method": /^[A-Z]{1,20}$/,
  "http.route": /^[\w/:*(){}.,~ -]{1,200}$/,
  "http.response.status_code": "number",
  "server.address": /^[A-Za-z0-9.:[\]-]{1,255}$/,
  "server.port": "number",
  "db.system.name": code,
  "db.namespace": code,
  // Every value of a statement is a parameter, which is not in its text.
  "db.query.text": /^[^]{1,4000}$/,
  "db.client.connection.wait_time_ms": "number",
  "db.pool": code,
  // The service's own ids: who pays, and with what, is in none of them.
  requestId: /^req_[0-9A-HJKMNP-TV-Z]{26}$/,
  session: /^ps_[0-9A-HJKMNP-TV-Z]{26}$/,
  attempt: /^at_[0-9A-HJKMNP-TV-Z]{26}_[0-9]{1,4}$/,
  refund: /^re_[0-9A-HJKMNP-TV-Z]{26}_[0-9]{1,4}$/,
  event: /^evt_[0-9]{1,18}$/,
  mid: code,
  provider: code,
  outcome: code,
  source: code,
  worker: /^[a-z][a-z_ -]{1,40}$/,
  type: code,
  exchanged: code,
  ordinal: "number"
}

export const keepsAttribute = (key: string, value: unknown): boolean => {
  const shape = Object.hasOwn(shapes, key) ? shapes[key] : undefined
  if (shape === undefined) return false
  return shape === "number" ? Predicate.isNumber(value) : Predicate.isString(value) && shape.test(value)
}
