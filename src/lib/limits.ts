// Every bound on work done before, or on behalf of, something that is not yet trusted.

/** Longest bearer token looked at, in characters. Servers accept 16 to 32 KiB of headers in all. */
export const MAX_TOKEN_LENGTH = 32_768

/** Longest JOSE header parsed, in base64url characters. The STS writes about 90; its JSON comes from a stranger. */
export const MAX_JOSE_HEADER_LENGTH = 2_048

/**
 * Longest token whose signature is remembered, in characters. One of a mandate that was delegated ten times has 4,000;
 * what is longer is verified anew each time.
 */
export const MAX_REMEMBERED_TOKEN_LENGTH = 8_192

/**
 * Most characters of all remembered tokens of a guard's issuer and zones together. With the claims in them, an
 * ordinary character holds 2 bytes and the worst 8, so that this is 32 MB at most: an isolate on Workers has 128.
 */
export const MAX_REMEMBERED_CHARACTERS = 4_194_304

/** Largest key set read, in bytes after decompression. Two keys need 400; a thousand still fit. */
export const MAX_KEY_SET_BYTES = 262_144

/** Largest answer read to a look-up, in bytes. Five values need fewer than 200. */
export const MAX_LOOKUP_ANSWER_BYTES = 65_536

/** Largest answer read by a pass over the streams, in bytes. A batch of a hundred honest messages needs 100,000. */
export const MAX_STREAM_ANSWER_BYTES = 8_388_608

/** Longest path whose readings are worked out, in characters. A longer one with odd characters meets every rule. */
export const MAX_ODD_PATH_LENGTH = 2_048

/** Most readings of one path. Honest odd paths have fewer than ten; with more, the path meets every rule. */
export const MAX_PATH_READINGS = 64

/** Most characters of all odd readings of one path, which bounds the time to work them out to well under 1 ms. */
export const MAX_READING_CHARACTERS = 8_192

/** Most suffixes of the last segment of a path. `jquery-3.7.1.slim.min.js` has five; with more, every rule is met. */
export const MAX_SUFFIXES = 16

/** Longest origin of a URL, in characters. A host name has 253 at most. */
export const MAX_ORIGIN_LENGTH = 300

/** Most digits of a delegation epoch in a stream. 2^64 has twenty; what is longer is no epoch. */
export const MAX_EPOCH_DIGITS = 40

/** Most stream messages read at once, which bounds what one answer of Redis may hold. */
export const MAX_BATCH_MESSAGES = 100

/** Longest payload that a dead letter keeps of its message, in characters. Honest messages have fewer than 1,000. */
export const MAX_LETTER_LENGTH = 65_536

/** Longest payload of a letter that waits for a key, in characters. A hundred of them must fit into one answer. */
export const MAX_WAITING_LENGTH = 8_192

/** Most payload of dead letters that one command carries, in characters. Endpoints bound what they accept. */
export const MAX_LETTERS_LENGTH = 262_144

/** Longest subprotocol sent back to a refused WebSocket, in characters. Longer ones may be credentials. */
export const MAX_SUBPROTOCOL_LENGTH = 64

/** How long a guard that cannot be built refuses before its options are asked for again, in milliseconds. */
export const MISCONFIGURED_RETRY_MS = 60_000

/** How long past its time limit a key fetch is waited for, in milliseconds, before it counts as lost. */
export const KEY_SET_GRACE_MS = 100

/** Longest time that any option or argument takes, in milliseconds: a timer that is set for longer ends at once. */
export const MAX_TIME_MS = 2 ** 31 - 1

/** Longest life of the mandates that the STS gives for a resource, in milliseconds. */
export const MANDATE_LIFE_MS = 900_000
