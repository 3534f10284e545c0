import type { SessionRow, Store } from "../../src/layers/memory/Store.ts"
import type { Books } from "./Books.ts"
import { Answers } from "./laws/Answers.ts"
import { Ground } from "./laws/Ground.ts"
import { Healing } from "./laws/Healing.ts"
import { Records } from "./laws/Records.ts"
import { Refunding } from "./laws/Refunding.ts"
import { Sending } from "./laws/Sending.ts"
import type { World } from "./World.ts"

/**
 * The promise as questions to the gateways' books and to what people were told. What the service itself believes
 * is asked only where the law is about its records.
 */
export class Laws {
  readonly sending: Sending
  readonly records: Records
  readonly answers: Answers
  readonly refunds: Refunding
  readonly healing: Healing

  constructor(world: World, books: Books, store: Store, databaseNow: () => number) {
    const ground = new Ground(world, books, store, databaseNow)
    this.sending = new Sending(ground)
    this.answers = new Answers(ground)
    this.records = new Records(ground, (row: SessionRow) => this.answers.noteRound(row))
    this.refunds = new Refunding(ground)
    this.healing = new Healing(ground, this.answers, this.refunds)
  }
}
