// PostGraphile 5 over the same tables, as its documentation starts it.
import { createServer } from "node:http"
import { postgraphile } from "postgraphile"
import { makePgService } from "postgraphile/adaptors/pg"
import { grafserv } from "postgraphile/grafserv/node"
import { PostGraphileAmberPreset } from "postgraphile/presets/amber"
import { contend } from "../support/contending.ts"

const instance = postgraphile({
  extends: [PostGraphileAmberPreset],
  pgServices: [
    makePgService({
      connectionString: process.env["BENCH_URL"] ?? "",
      schemas: ["payments"],
      poolConfig: { max: 8 }
    })
  ],
  grafserv: { graphqlPath: "/graphql", graphiql: false, watch: false }
})
const server = createServer()
await instance.createServ(grafserv).addTo(server)

contend(
  () =>
    new Promise((resolve) => {
      server.listen(0, "127.0.0.1", () => {
        const address = server.address()
        resolve(typeof address === "object" ? address?.port : undefined)
      })
    })
)
