import { Effect, Layer } from "effect"
import { HttpRouter, HttpServerResponse } from "effect/http"
import { HttpApiScalar } from "effect/http-api"
import type { Api } from "./api/Api.ts"

/** The page brings everything along; a browser that tries to fetch from anywhere else is told not to. */
const policy = [
  "default-src 'none'",
  "script-src 'unsafe-inline'",
  "style-src 'unsafe-inline'",
  "img-src 'self' data: blob:",
  "font-src data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'"
].join("; ")

const withPolicy = HttpRouter.middleware((app) =>
  Effect.map(app, (response) => HttpServerResponse.setHeader(response, "content-security-policy", policy))
)

/** The reference for people at `/docs`: Scalar over the API's own OpenAPI document, with nothing from a CDN. */
export const reference = (api: typeof Api) =>
  HttpApiScalar.layer(api, {
    path: "/docs",
    scalar: {
      withDefaultFonts: false,
      defaultOpenAllTags: true,
      hideModels: true,
      // These lead to services of the page's maker, which the policy would not let them reach.
      customCss: ".api-reference-toolbar, .open-api-client-button { display: none !important }",
      authentication: { preferredSecurityScheme: "apiKey" }
    }
  }).pipe(Layer.provide(withPolicy.layer))
