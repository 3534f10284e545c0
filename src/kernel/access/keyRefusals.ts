import { Schema } from "effect"

/** No key of that id is taken. */
export class UnknownKey extends Schema.TaggedError<UnknownKey>()("UnknownKey", {}) {
  get field(): string {
    return "key"
  }
  override get message(): string {
    return "there is no such key, or it is over; name one by the id that apiKeys lists"
  }
}

/** The key would be for more than the asking one is, or speak for another operator. */
export class WiderThanOwn extends Schema.TaggedError<WiderThanOwn>()("WiderThanOwn", {}) {
  override get message(): string {
    return "you give out and sign no key for what your own is not for, nor one in another operator's name; requestApiKey asks a second person for the first, whoever owns the database gives out the other"
  }
}

/** A principal has as many keys as it may. */
export class TooManyKeys extends Schema.TaggedError<TooManyKeys>()("TooManyKeys", {}) {
  override get message(): string {
    return "there are five keys of this name already; revoke one first"
  }
}
