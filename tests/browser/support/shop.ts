import { createServer } from "node:http"

/** A site of somebody's: pages by their paths, on an origin of its own. */
export interface Site {
  readonly origin: string
  readonly show: (path: string, page: string) => void
  readonly close: () => Promise<void>
}

/** Opens a site. `localhost` and `127.0.0.1` are two sites to a browser, which is what tests of frames need. */
export const openSite = async (host = "localhost"): Promise<Site> => {
  const pages = new Map<string, string>()
  const server = createServer((request, response) => {
    const page = pages.get((request.url ?? "/").split(/[?#]/)[0] ?? "/")
    response
      .writeHead(page === undefined ? 404 : 200, { "content-type": "text/html; charset=utf-8" })
      .end(page ?? "nothing here")
  })
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  const address = server.address()
  const port = typeof address === "object" && address !== null ? address.port : 0
  return {
    origin: `http://${host}:${port}`,
    show: (path, page) => pages.set(path, page),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      })
  }
}
