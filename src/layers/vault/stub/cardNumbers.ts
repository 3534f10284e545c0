import { passesLuhn } from "../../../kernel/cardNumbers.ts"

/** Whether a text is 12 to 19 digits of which the last one checks the others (Luhn). */
export const isCardNumber = (text: string): boolean => /^[0-9]{12,19}$/.test(text) && passesLuhn(text)
