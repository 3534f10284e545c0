/** A request that ends with a problem, as RFC 7807 has it. */
export class Problem extends Error {
  readonly status: number
  readonly body: {
    readonly errors: Readonly<Record<string, ReadonlyArray<string>>>
    readonly title: string
    readonly status: number
    readonly detail: string
  }

  constructor(
    status: number,
    title: string,
    detail: string,
    errors: Readonly<Record<string, ReadonlyArray<string>>> = {}
  ) {
    super(title)
    this.status = status
    this.body = { errors, title, status, detail }
  }
}

export const invalid = (errors: Readonly<Record<string, ReadonlyArray<string>>>): Problem =>
  new Problem(400, "One or more validation errors occurred.", "Bad Request", errors)

export const unauthorized = (): Problem =>
  new Problem(401, "Unauthorized", "The BT-API-KEY header is missing or invalid")

export const forbidden = (permission: string): Problem =>
  new Problem(403, "Forbidden", `The application does not have the permission ${permission}`)

export const notFound = (): Problem => new Problem(404, "Not Found", "Not Found")
