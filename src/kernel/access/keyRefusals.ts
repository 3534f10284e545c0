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
    return "alone you give out no key for what your own is not for, nor one in another operator's name; whoever owns the database gives those out"
  }
}

/** A principal has as many keys as it may. */
export class TooManyKeys extends Schema.TaggedError<TooManyKeys>()("TooManyKeys", {}) {
  override get message(): string {
    return "there are five keys of this name already; revoke one first"
  }
}
