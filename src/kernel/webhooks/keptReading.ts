import { withoutCardNumber } from "../cardNumbers.ts"
import type { WebhookReading, WebhookSubject } from "../PaymentProvider.ts"
import type { KeptReading, KeptSubject } from "./WebhookInbox.ts"

/** As long as the database's own words: more of a reference is none. */
const longest = 255

/** Characters that no record can keep: NUL, and halves of a surrogate pair. */
const unkeepable = /\0|\p{Surrogate}/gu

/** A text of a processor's that may be written down: bounded, without card numbers. */
export const keptText = (text: string, most = longest): string =>
  withoutCardNumber(text.replaceAll(unkeepable, "�")).slice(0, most).replaceAll(unkeepable, "�")

/** What is kept of a reading: bounded texts without card numbers. An id that holds one leads nowhere. */
export const keptReading = ({ type, occurredAt, subjects }: WebhookReading): KeptReading => ({
  type: keptText(type, 200),
  ...(occurredAt === undefined ? {} : { occurredAt }),
  subjects: subjects.map(keptSubject)
})

const keptSubject = (subject: WebhookSubject): KeptSubject => {
  switch (subject._tag) {
    case "Charge": {
      const { processorReference, idempotencyKey, said } = subject
      return {
        _tag: "Charge",
        ...(processorReference === undefined ? {} : { processorReference: keptText(processorReference) }),
        ...(idempotencyKey === undefined ? {} : { idempotencyKey: keptText(idempotencyKey) }),
        ...(said === undefined ? {} : { said })
      }
    }
    case "Refund": {
      const { refundReference, processorReference, idempotencyKey, said } = subject
      return {
        _tag: "Refund",
        refundReference: keptText(refundReference),
        ...(processorReference === undefined ? {} : { processorReference: keptText(processorReference) }),
        ...(idempotencyKey === undefined ? {} : { idempotencyKey: keptText(idempotencyKey) }),
        ...(said === undefined ? {} : { said })
      }
    }
    case "Dispute":
      return {
        ...subject,
        disputeReference: keptText(subject.disputeReference),
        processorReference: keptText(subject.processorReference),
        reason: keptText(subject.reason)
      }
    case "Other":
      return subject
  }
}
