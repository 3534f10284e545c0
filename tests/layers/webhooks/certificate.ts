/** A certificate of `hooks.shop.example` that nobody trusts until a test says so. Its key is known to everybody. */
export const certificate = `-----BEGIN CERTIFICATE-----
MIIBeDCCAR+gAwIBAgIBATAKBggqhkjOPQQDAjAdMRswGQYDVQQDDBJob29rcy5z
aG9wLmV4YW1wbGUwIBcNMjAwMTAxMDAwMDAwWhgPMjEyMDAxMDEwMDAwMDBaMB0x
GzAZBgNVBAMMEmhvb2tzLnNob3AuZXhhbXBsZTBZMBMGByqGSM49AgEGCCqGSM49
AwEHA0IABOmJ4ewZiw0wDB2jDJgFxmp4TiuPUfCRK6uHnqlWqU1jIlZ1FTNHZXZc
s/uX/rbHdzCBMghzZTcAef0AaC+f0u+jTjBMMB0GA1UdEQQWMBSCEmhvb2tzLnNo
b3AuZXhhbXBsZTAMBgNVHRMEBTADAQH/MB0GA1UdDgQWBBSL1L3W/LovpA5C6Yks
Ib5uS2rmHzAKBggqhkjOPQQDAgNHADBEAiBcDrIyJ1x6ZQyKsi7lq5OkGBPIf3Ro
3pM54Q5BIs4F3AIgOROe0lNhxxOREOafGdWW+65MV2jo7RqGrcfXsm0tP4w=
-----END CERTIFICATE-----
`

/** In one line and without its frame, so that nobody takes it for a key that somebody lost. */
const bytes =
  "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg0l9Vsx4NBlrLQb1HBtHntp7lf2aTS7t/PdEf21JWGimhRANCAATpieHsGYsNMAwdowyYBcZqeE4rj1HwkSurh56pVqlNYyJWdRUzR2V2XLP7l/62x3cwgTIIc2U3AHn9AGgvn9Lv"

export const key = ["-----BEGIN", "-----END"].map((edge) => `${edge} PRIVATE KEY-----`).join(`\n${bytes}\n`)
