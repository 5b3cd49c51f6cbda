// @ts-check
// What the examples call themselves.

export const AUDIENCE = 'resource://billing-api'
export const ZONE_ID = 'zone-demo'
