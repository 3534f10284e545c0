import { Context, type Duration, Effect, Layer, Result, Schema } from "effect"
import { SecureRandom } from "effect/crypto"
import { inSight, seesSession } from "./access/Scope.ts"
import { checkCategory, priceIntent } from "./Cart.ts"
import type { ProductCategory } from "./Category.ts"
import { differences } from "./differences.ts"
import type { Brand, Entity } from "./Entity.ts"
import { CustomerId, type Principal, SessionId } from "./ids.ts"
import { EntityRegistry, type RegistrySnapshot } from "./EntityRegistry.ts"
import {
  type DeclarationRefusal,
  type Declaring,
  type IdempotentRequest,
  type LedgerUnavailable,
  PaymentLedger
} from "./PaymentLedger.ts"
import { PaymentMode, type PaymentSession, SessionDeclaration } from "./PaymentSession.ts"
import { PriceCatalogue } from "./PriceCatalogue.ts"
import { checkRedirect } from "./redirects.ts"
import {
  BrandNotOfEntity,
  CategoryClaimDisagrees,
  CategoryNotUnderwritten,
  EntityCannotCollect,
  IdempotencyKeyReused,
  InvalidInput,
  type MixedCategories,
  type MixedCurrencies,
  NoEligibleMerchantAccount,
  OrderAlreadyDeclared,
  type RedirectNotAllowed,
  SessionNotPayable,
  UnknownBrand,
  UnknownEntity,
  type UnknownPlan,
  type UnknownPrice,
  UnknownSession
} from "./refusals.ts"
import { CurrentSeesVolumes, leftOutAsSeen } from "./access/volumes.ts"
import { explainLeftOut, selectMids } from "./routing/RoutingPolicyEngine.ts"
import type { SessionConfig } from "./SessionConfig.ts"
import { show } from "./show.ts"
import { checkText } from "./text.ts"

/** Everything that creating a session may be refused for. */
export type CreateRefusal =
  | InvalidInput
  | UnknownEntity
  | EntityCannotCollect
  | UnknownBrand
  | BrandNotOfEntity
  | UnknownPrice
  | UnknownPlan
  | MixedCurrencies
  | MixedCategories
  | CategoryClaimDisagrees
  | CategoryNotUnderwritten
  | RedirectNotAllowed
  | NoEligibleMerchantAccount
  | OrderAlreadyDeclared
  | IdempotencyKeyReused

/** Declares payment sessions, looks them up, cancels them. The front door of the house. */
export class PaymentSessions extends Context.Service<
  PaymentSessions,
  {
    /**
     * Declares a payment. Judged in the order of the contract: entity, brand, intent, category, redirects, an
     * eligible merchant account; the first refusal is answered and nothing is written.
     */
    readonly create: (
      request: IdempotentRequest<SessionConfig>
    ) => Effect.Effect<PaymentSession, CreateRefusal | LedgerUnavailable>
    readonly get: (id: string) => Effect.Effect<PaymentSession, UnknownSession | LedgerUnavailable>
    /** Cancels a pending session; a charge on its way or in review stands against it. Twice is once. */
    readonly cancel: (
      id: string,
      by: Principal
    ) => Effect.Effect<PaymentSession, UnknownSession | SessionNotPayable | LedgerUnavailable>
  }
>()("payment-orchestration/kernel/PaymentSessions") {
  /** `lifetime`: how long a session may be paid after it was declared. */
  static readonly layer = (settings: {
    readonly lifetime: Duration.Duration
  }): Layer.Layer<
    PaymentSessions,
    never,
    EntityRegistry | PaymentLedger | PriceCatalogue | SecureRandom.SecureRandom
  > =>
    Layer.effect(
      PaymentSessions,
      Effect.gen(function* () {
        const registry = yield* EntityRegistry
        const ledger = yield* PaymentLedger
        const catalogue = yield* PriceCatalogue
        const random = yield* SecureRandom.SecureRandom

        const create = Effect.fn("PaymentSessions.create")(function* (
          request: IdempotentRequest<SessionConfig>
        ) {
          yield* checkText(request.body)
          const id = SessionId.make(`ps_${yield* random.ulid}`)
          const snapshot = yield* registry.snapshot
          const judged = yield* judge(id, request.body, snapshot).pipe(
            Effect.provideService(PriceCatalogue, catalogue),
            Effect.result
          )
          if (Result.isFailure(judged)) {
            // A repeated request is answered as it was, even if prices or accounts have changed since.
            const before =
              request.idempotencyKey === undefined ? undefined : yield* ledger.declaredBefore(request)
            // What another key of the same name declared for others is not there.
            const seen = before?._tag === "Replayed" ? yield* inSight(before.session) : before
            return yield* seen === undefined || before === undefined
              ? Effect.fail(judged.failure)
              : answer(request, before, ledger.session)
          }
          const declared = yield* ledger.declare(judged.success.declaration, settings.lifetime, request)
          return yield* declared._tag === "NotAllowed"
            ? Effect.fail(refusedMeanwhile(declared.reason, judged.success))
            : answer(request, declared, ledger.session)
        })

        const get = Effect.fn("PaymentSessions.get")(function* (id: string) {
          const session = Schema.is(SessionId)(id) ? yield* inSight(yield* ledger.session(id)) : undefined
          if (session === undefined) return yield* UnknownSession.of(id)
          return session
        })

        const cancel = Effect.fn("PaymentSessions.cancel")(function* (id: string, by: Principal) {
          if (!Schema.is(SessionId)(id) || !(yield* seesSession(ledger.declaration(id)))) {
            return yield* UnknownSession.of(id)
          }
          const result = yield* ledger.cancel(id, by)
          if (result === undefined) return yield* UnknownSession.of(id)
          if (!result.cancelled) return yield* new SessionNotPayable({ session: id, state: result.state })
          return yield* get(id)
        })

        return { create, get, cancel }
      })
    )
}

/** A declaration that nothing stands against, with whom it is judged by. */
interface Judged {
  readonly declaration: SessionDeclaration
  readonly entity: Entity
  readonly brand: Brand
}

/** What the ledger refused by a newer registry than this process has heard of. */
const refusedMeanwhile = (
  reason: DeclarationRefusal,
  { declaration: { category }, entity, brand }: Judged
) => {
  switch (reason) {
    case "entity_cannot_collect":
      return new EntityCannotCollect({ entity: entity.id })
    case "brand_not_of_entity":
      return new BrandNotOfEntity({
        brand: brand.id,
        entity: entity.id,
        allowed: brand.entities.filter((other) => other !== entity.id)
      })
    case "not_underwritten":
      return new CategoryNotUnderwritten({
        entity: entity.id,
        category,
        underwritten: entity.underwrittenFor.filter((other) => other !== category)
      })
  }
}

const isOfSomebody = Schema.is(Schema.Struct({ entity: Schema.String, brand: Schema.String }))

const answer = Effect.fnUntraced(function* (
  { body }: IdempotentRequest<SessionConfig>,
  declared: Exclude<Declaring, { _tag: "NotAllowed" }>,
  declarationOf: PaymentLedger["Service"]["session"]
): Effect.fn.Return<PaymentSession, IdempotencyKeyReused | OrderAlreadyDeclared | LedgerUnavailable> {
  switch (declared._tag) {
    case "Created":
    case "Replayed":
      return declared.session
    case "KeyReused": {
      const { earlierBody } = declared
      const seen = yield* inSight(isOfSomebody(earlierBody) ? earlierBody : undefined)
      return yield* new IdempotencyKeyReused({
        differences: seen === undefined ? [] : differences(earlierBody, body)
      })
    }
    case "OrderTaken":
      const { session, state } = declared
      const seen = yield* seesSession(declarationOf(session))
      return yield* new OrderAlreadyDeclared({
        orderReference: body.orderReference ?? "",
        ...(seen ? { session, state } : {})
      })
  }
})

const judge = Effect.fnUntraced(function* (id: SessionId, config: SessionConfig, snapshot: RegistrySnapshot) {
  const entity = snapshot.entities.get(config.entity)
  if (entity === undefined) {
    const known = [...snapshot.entities.values()].filter(({ collects }) => collects).map((one) => one.id)
    return yield* new UnknownEntity({ entity: config.entity, known })
  }
  if (!entity.collects) return yield* new EntityCannotCollect({ entity: entity.id })

  const brand = snapshot.brands.get(config.brand)
  if (brand === undefined)
    return yield* new UnknownBrand({ brand: config.brand, known: [...snapshot.brands.keys()] })
  if (!brand.entities.includes(entity.id)) {
    return yield* new BrandNotOfEntity({ brand: brand.id, entity: entity.id, allowed: brand.entities })
  }

  if (config.customer.trim() === "" || config.customer.length > 200) {
    return yield* new InvalidInput({
      field: "customer",
      problem: "is not a loopUserId of 1 to 200 characters"
    })
  }
  const mode = config.mode
  if (!Schema.is(PaymentMode)(mode)) {
    return yield* new InvalidInput({
      field: "mode",
      problem: `is ${show(mode)}; say hosted or embedded`
    })
  }
  if (!isOrderReference(config.orderReference)) {
    return yield* new InvalidInput({
      field: "orderReference",
      problem: "is not 1 to 100 printable characters without spaces"
    })
  }
  yield* checkLabels("theme", config.theme)
  yield* checkLabels("metadata", config.metadata)

  const cart = yield* priceIntent(config.intent)
  const category = yield* deriveCategory(config.product, cart.category)
  if (!entity.underwrittenFor.includes(category)) {
    return yield* new CategoryNotUnderwritten({
      entity: entity.id,
      category,
      underwritten: entity.underwrittenFor
    })
  }

  if (config.redirects !== undefined) {
    yield* checkRedirect("redirects.successUrl", config.redirects.successUrl, brand)
    yield* checkRedirect("redirects.cancelUrl", config.redirects.cancelUrl, brand)
  }

  // No card is known yet: its BIN, brand and country are judged when the session is confirmed.
  const inputs = {
    entity: entity.id,
    category,
    amount: cart.money.amount,
    currency: cart.money.currency,
    risk: "low" as const
  }
  if (selectMids(snapshot.policy, inputs, id).length === 0) {
    return yield* new NoEligibleMerchantAccount({
      entity: entity.id,
      leftOut: leftOutAsSeen(yield* CurrentSeesVolumes, explainLeftOut(snapshot.policy, inputs)),
      passedOver: []
    })
  }

  const declaration = new SessionDeclaration({
    id,
    customer: CustomerId.make(config.customer),
    brand: brand.id,
    entity: entity.id,
    category,
    money: cart.money,
    intent: cart.intent,
    mode,
    theme: config.theme ?? {},
    metadata: config.metadata ?? {},
    ...(config.redirects === undefined ? {} : { redirects: config.redirects }),
    ...(config.orderReference === undefined ? {} : { orderReference: config.orderReference })
  })
  const judged: Judged = { declaration, entity, brand }
  return judged
})

const isOrderReference = Schema.is(
  Schema.UndefinedOr(Schema.String.check(Schema.isPattern(/^[\x21-\x7e]{1,100}$/)))
)

/** The catalogue derives the category; a claim may only agree. Without either there is nothing to underwrite. */
const deriveCategory = Effect.fnUntraced(function* (
  claim: string | undefined,
  derived: ProductCategory | undefined
) {
  const claimed = claim === undefined ? undefined : yield* checkCategory("product", claim)
  if (derived === undefined) {
    if (claimed !== undefined) return claimed
    return yield* new InvalidInput({
      field: "product",
      problem: "is missing; a bare amount does not tell what is sold"
    })
  }
  if (claimed !== undefined && claimed !== derived)
    return yield* new CategoryClaimDisagrees({ claimed, derived })
  return derived
})

const mostLabels = 50

const checkLabels = (
  field: string,
  labels: Readonly<Record<string, string>> | undefined
): Effect.Effect<void, InvalidInput> => {
  const entries = Object.entries(labels ?? {})
  if (entries.length > mostLabels) {
    return Effect.fail(
      new InvalidInput({ field, problem: `has ${entries.length} entries; at most ${mostLabels} are kept` })
    )
  }
  const misfit = entries.find(([key, value]) => key === "" || key.length > 40 || value.length > 500)
  return misfit === undefined
    ? Effect.void
    : Effect.fail(
        new InvalidInput({
          field: `${field}.${misfit[0].slice(0, 40)}`,
          problem: "has the wrong length: keys have 1 to 40 characters, values at most 500"
        })
      )
}
