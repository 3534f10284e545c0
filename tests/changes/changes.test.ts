// What takes two persons, through the doors, on the real database.
import { assert, expect, it } from "@effect/vitest"
import { Effect } from "effect"
import { allBut, keyWith } from "../access/support.ts"
import { Owner } from "../db/support/pgStorage.ts"
import { at, confirm, Doors, newSession } from "../graphql/support.ts"
import { house } from "../reviews/support.ts"
import { giveKey } from "../support/apiKeys.ts"
import {
  approve,
  as,
  audited,
  codeOf,
  first,
  isStopped,
  reject,
  second,
  set,
  stopped,
  turn,
  waits,
  withdraw
} from "./support.ts"

it.layer(house, { excludeTestServices: true, timeout: 60_000 })("an account that was stopped", (it) => {
  it.effect("stops on one person's word, and sends again on the word of two; both are in the audit", () =>
    Effect.gen(function* () {
      const session = yield* newSession()
      yield* turn(first, "mid_bio_2", true)
      yield* turn(first, "mid_bio_3", true)
      const done = yield* turn(first, "mid_bio_1", true)
      assert.strictEqual(at(done, "merchantAccount", "killSwitch"), true)
      assert.strictEqual(codeOf(yield* confirm(session, "tok_captured")), "no_eligible_merchant_account")
      const id = waits(yield* turn(first, "mid_bio_1", false, "it is mended"))
      assert.isTrue(yield* isStopped("mid_bio_1"))
      assert.strictEqual(codeOf(yield* confirm(session, "tok_captured")), "no_eligible_merchant_account")
      const approved = yield* approve(second, id)
      assert.deepInclude(at(approved, "changeRequest"), {
        kind: "resume_mid",
        state: "approved",
        wanted: { mid: "mid_bio_1", killSwitch: false },
        reason: "it is mended",
        requestedBy: "development",
        decidedBy: "development_second"
      })
      // At once, in the process that was asked.
      assert.strictEqual(at(yield* confirm(session, "tok_captured"), "outcome"), "settled")
      // Twice is once.
      assert.deepStrictEqual(yield* approve(second, id), approved)
      assert.deepStrictEqual(yield* audited("mid:mid_bio_1"), [
        "mid.kill_switch development",
        "change.requested development",
        "change.approved development_second",
        "mid.kill_switch development_second"
      ])
      const owner = yield* Owner
      const [row] = yield* owner<{ readonly detail: unknown }>`
        select detail from audit where chain = 'mid:mid_bio_1' order by position desc limit 1`
      assert.deepStrictEqual(row?.detail, {
        on: false,
        reason: "it is mended",
        change: id,
        requestedBy: "development"
      })
    })
  )

  it.effect("is asked for once: who asks again, whoever it is, is told of the request that waits", () =>
    Effect.gen(function* () {
      const id = yield* stopped("mid_goods_1")
      assert.strictEqual(waits(yield* turn(first, "mid_goods_1", false)), id)
      assert.strictEqual(waits(yield* turn(second, "mid_goods_1", false)), id)
      yield* withdraw(first, id, "later")
      // One that sends needs nobody's leave to.
      assert.strictEqual(at(yield* turn(first, "mid_goods_2", false), "merchantAccount", "killSwitch"), false)
      assert.strictEqual(codeOf(yield* turn(first, "mid_gold", false)), "unknown_mid")
    })
  )

  it.effect("is not let go by who asked, by another key of theirs, or by whoever may not sign", () =>
    Effect.gen(function* () {
      yield* set(
        giveKey("sk_third", "third", { operator: true }),
        giveKey("sk_third_home", "third, at home", { operator: true, person: "third" }),
        giveKey("sk_app", "an app"),
        ...keyWith("sk_unsigning", { operations: allBut("changes:approve"), principal: "unsigning" }),
        ...keyWith("sk_unasking", { operations: allBut("changes:request"), principal: "unasking" })
      )
      yield* turn(second, "mid_goods_1", true)
      assert.strictEqual(codeOf(yield* turn("sk_unasking", "mid_goods_1", false)), "forbidden")
      assert.strictEqual(codeOf(yield* turn("sk_app", "mid_goods_1", false)), "operators_only")
      const id = waits(yield* turn("sk_third", "mid_goods_1", false))
      assert.strictEqual(codeOf(yield* approve("sk_third", id)), "second_person_needed")
      assert.strictEqual(codeOf(yield* approve("sk_third_home", id)), "second_person_needed")
      assert.strictEqual(codeOf(yield* approve("sk_app", id)), "operators_only")
      assert.strictEqual(codeOf(yield* reject("sk_app", id, "no")), "operators_only")
      assert.strictEqual(codeOf(yield* approve("sk_unsigning", id)), "forbidden")
      assert.strictEqual(codeOf(yield* withdraw(second, id, "not mine")), "asked_by_another")
      assert.isTrue(yield* isStopped("mid_goods_1"))
      // Whose right was revoked meanwhile signs nothing, and what they asked for is signed by nobody.
      yield* set("update api_keys set revoked_at = now() where principal = 'third'")
      assert.strictEqual(codeOf(yield* approve("sk_third", id)), "unauthorized")
      assert.strictEqual(codeOf(yield* approve(second, id)), "asked_by_no_operator")
      assert.isTrue(yield* isStopped("mid_goods_1"))
      // The same person withdraws it with the key that is left.
      const ended = yield* withdraw("sk_third_home", id, "I am gone")
      assert.deepInclude(at(ended, "changeRequest"), { state: "withdrawn", said: "I am gone" })
      assert.deepInclude(Object(yield* approve(second, id)), { code: "change_decided", state: "withdrawn" })
    })
  )

  it.effect("is not let go on the word of long ago", () =>
    Effect.gen(function* () {
      const id = yield* stopped("mid_goods_1")
      yield* set(
        "alter table change_requests disable trigger guard_change",
        `update change_requests set expires_at = now() where 'cr_' || change_nr = '${id}'`,
        "alter table change_requests enable trigger guard_change"
      )
      assert.deepInclude(Object(yield* approve(second, id)), { code: "change_decided", state: "expired" })
      assert.isTrue(yield* isStopped("mid_goods_1"))
      const lines = yield* audited("mid:mid_goods_1")
      assert.strictEqual(lines.at(-1), "change.expired expiry")
    })
  )

  it.effect("that was stopped again meanwhile stays stopped, and the signer is told what differs", () =>
    Effect.gen(function* () {
      const id = yield* stopped("mid_goods_1")
      yield* turn(second, "mid_goods_1", true, "chargebacks")
      const refused = yield* approve(second, id)
      assert.strictEqual(codeOf(refused), "changed_since")
      const differs = Object.values(Object(at(refused, "differences"))).map((one) => at(one, "field"))
      assert.includeMembers(differs, ["stopped.reason", "stopped.row"])
      assert.isTrue(yield* isStopped("mid_goods_1"))
      // Nor is it asked for beside that: first the old request ends.
      assert.strictEqual(codeOf(yield* turn(first, "mid_goods_1", false)), "change_open_already")
      assert.strictEqual(at(yield* reject(second, id, "look again"), "changeRequest", "state"), "rejected")
      assert.strictEqual(at(yield* approve(second, yield* again), "changeRequest", "state"), "approved")
    })
  )
  const again = Effect.map(turn(first, "mid_goods_1", false), waits)

  it.effect("is told of in the list of requests, which pages, filters, and is for operators", () =>
    Effect.gen(function* () {
      const open = yield* stopped("mid_goods_3")
      const list = (key: string, args: string) =>
        as(key, `{ changeRequests(${args}) { nodes { changeId state } pageInfo { endCursor hasNextPage } } }`)
      const all = at(yield* list(first, "first: 100"), "nodes")
      assert.isAbove(Object.values(Object(all)).length, 4)
      assert.deepStrictEqual(at(yield* list(first, "states: [open]"), "nodes"), [
        { changeId: open, state: "open" }
      ])
      assert.deepStrictEqual(
        at(yield* list(second, "states: [expired], kinds: [resume_mid]"), "nodes", 0, "state"),
        "expired"
      )
      const seen: Array<unknown> = []
      let after = ""
      for (let more = true; more;) {
        const page = yield* list(first, `first: 2${after}`)
        seen.push(...Object.values(Object(at(page, "nodes"))))
        more = at(page, "pageInfo", "hasNextPage") === true
        after = `, after: "${String(at(page, "pageInfo", "endCursor"))}"`
      }
      assert.deepStrictEqual(seen, at(yield* list(first, "first: 100"), "nodes"))
      const backwards = yield* list(first, "last: 100")
      assert.deepStrictEqual(at(backwards, "nodes"), seen)
      assert.strictEqual(codeOf(yield* list("sk_app", "first: 1")), "operators_only")
      const found = yield* as(first, `{ changeRequest(id: "${open}") { id changeId } }`)
      assert.strictEqual(at(found, "changeId"), open)
      const global = String(at(found, "id"))
      const fields = "... on ChangeRequest { changeId }"
      assert.deepStrictEqual(yield* as(first, `{ node(id: "${global}") { ${fields} } }`), { changeId: open })
      assert.isNull(yield* as("sk_app", `{ node(id: "${global}") { ${fields} } }`))
      assert.strictEqual(
        codeOf(yield* as("sk_unasking", `{ node(id: "${global}") { ${fields} } }`)),
        "forbidden"
      )
      assert.isNull(yield* as(first, `{ changeRequest(id: "cr_999999") { id } }`))
      // One statement, however many there are.
      const { statements } = yield* Doors
      const before = statements().length
      yield* list(first, "first: 100")
      const ran = statements().slice(before)
      assert.lengthOf(ran, 1)
      yield* Effect.promise(() =>
        expect(`${ran.join(";\n")};\n`).toMatchFileSnapshot("../graphql/golden/changes.sql")
      )
    })
  )
})
