import type { VaultToken } from "../kernel/Card.ts"

/** The cards of the examples that a server shows: tokens of the vault that it runs with. */
interface ExampleCards {
  /** Captured at the first account. */
  readonly captured: VaultToken
  /** Declined wherever the first of the two processors is asked, and captured at the other. */
  readonly goesOn: VaultToken
}

/** `sandbox`: whether the server runs on the emulators of real processors. */
export const exampleCards = ({ sandbox }: { readonly sandbox: boolean }): ExampleCards => {
  const card = (tokenRef: string) => ({ vaultId: sandbox ? "basis_theory" : "stub", tokenRef })
  return sandbox
    ? { captured: card("tok_4242"), goesOn: card("tok_0210") }
    : { captured: card("tok_captured"), goesOn: card("tok_declined_at_stub_a") }
}
