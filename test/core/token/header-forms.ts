// The valid and invalid forms of each member of a token's header.

import type { Forms } from '../support/forms.ts'

export const HEADER_MEMBERS: Readonly<Record<string, Forms>> = {
  typ: {
    admitted: [undefined, 'JWT', 'jwt', 'at+jwt', 'AT+JWT', 'application/at+jwt'],
    refused: [
      '',
      'JOSE',
      'JWT ',
      ' JWT',
      'xJWT',
      'JWTx',
      'dpop+jwt',
      'at+at+jwt',
      'text/jwt',
      null,
      7,
      ['JWT'],
      {},
    ],
  },
  alg: {
    admitted: ['ES256'],
    refused: [undefined, 'es256', 'none', 'HS256', 'ES384', 'RS256', '', null, ['ES256']],
  },
  kid: { admitted: ['signer-1'], refused: [undefined, '', 'signer-2', null, 7, ['signer-1']] },
  crit: { admitted: [undefined], refused: [['b64'], ['exp'], [], 'b64', null] },
  b64: { admitted: [undefined], refused: [true, false, null] },
  cty: { admitted: ['JWT', 7], refused: [] },
  jwk: { admitted: [{ kty: 'oct' }], refused: [] },
  filler: { admitted: ['x'], refused: [] },
}
