// The form of a method, a header name and a subprotocol.

/** A token (RFC 9110 §5.6.2). */
export const HTTP_TOKEN = /^[\w!#$%&'*+.^`|~-]+$/
