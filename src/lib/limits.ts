// Every limit on the work done for input that is not trusted yet, and on the size of what is kept.

/** Longest bearer token that is verified, in characters. Servers accept 16 to 32 KiB of headers in total. */
export const MAX_TOKEN_LENGTH = 32_768

/** Longest JOSE header that is parsed, in base64url characters. Its JSON is not trusted. The STS writes about 90. */
export const MAX_JOSE_HEADER_LENGTH = 2_048

/**
 * Longest payload that is parsed before its signature is verified, in base64url characters, and how deep it may be
 * nested. A mandate that was delegated ten times has 4,000 and is three deep. Parsing takes a tenth of a millisecond.
 */
export const MAX_UNSIGNED_PAYLOAD_LENGTH = 8_192
export const MAX_UNSIGNED_PAYLOAD_DEPTH = 16

/**
 * Longest token whose signature is cached, in characters. A mandate that was delegated ten times has 4,000. Longer
 * tokens are verified every time.
 */
export const MAX_REMEMBERED_TOKEN_LENGTH = 8_192

/**
 * Most characters of all cached tokens of one key set. Together with the claims that a guard has parsed, a character
 * takes 2 bytes as a rule and 8 at worst, so this is at most 32 MB. An isolate on Workers has 128.
 */
export const MAX_REMEMBERED_CHARACTERS = 4_194_304

/** Most cached tokens that one new token passes over because they were used in between. It bounds the work for it. */
export const MAX_SPARED_TOKENS = 16

/** Most sets of inline keys that guards share. Beyond that, the oldest are no longer shared. */
export const MAX_SHARED_INLINE_KEY_SETS = 32

/** Largest key set, in bytes after decompression. Two keys need 400; a thousand still fit. */
export const MAX_KEY_SET_BYTES = 262_144

/** Largest response to a look-up, in bytes. Five values need fewer than 200. */
export const MAX_LOOKUP_ANSWER_BYTES = 65_536

/** Bytes of the response for each key, where a question for many look-ups has so many that this is more. */
export const MAX_ANSWER_BYTES_PER_KEY = 1_024

/** Most keys in one question. A hundred look-ups of five keys; Redis needs less than a millisecond for them. */
export const MAX_QUESTION_KEYS = 500

/** Most characters of all keys in one question, unless one look-up alone has more. Endpoints limit the size of a request. */
export const MAX_QUESTION_CHARACTERS = 131_072

/** Most questions under way at once to one store. The more there are, the fewer look-ups share one. */
export const MAX_QUESTIONS_UNDER_WAY = 3

/** Longest wait for one of these places, in milliseconds. Then a look-up asks all the same. */
export const MAX_PLACE_WAIT_MS = 50

/** Largest response to a pass over the streams, in bytes. A batch of a hundred real messages needs 100,000. */
export const MAX_STREAM_ANSWER_BYTES = 8_388_608

/** Longest path whose readings are computed, in characters. A longer one with odd characters must meet every rule. */
export const MAX_ODD_PATH_LENGTH = 2_048

/** Most readings of one path. Real odd paths have fewer than ten. A path with more must meet every rule. */
export const MAX_PATH_READINGS = 64

/** Most characters of all odd readings of one path. Keeps the time to compute them well under 1 ms. */
export const MAX_READING_CHARACTERS = 6_144

/** Most suffixes of a path's last segment. `jquery-3.7.1.slim.min.js` has five. A path with more must meet every rule. */
export const MAX_SUFFIXES = 16

/** Longest origin of a URL, in characters. A host name has at most 253. */
export const MAX_ORIGIN_LENGTH = 300

/** Most digits of a delegation epoch in a stream. 2^64 has twenty. Anything longer is not an epoch. */
export const MAX_EPOCH_DIGITS = 40

/** Most stream messages read at once. Limits the size of one response from Redis. */
export const MAX_BATCH_MESSAGES = 100

/** About how many bytes of stream messages are read at once. A larger message is dead-lettered unread. */
export const MAX_BATCH_BYTES = 262_144

/** Longest payload that a dead letter keeps of its message, in characters. Real messages have fewer than 1,000. */
export const MAX_LETTER_LENGTH = 65_536

/** Longest payload of a letter that waits for a key, in characters. A hundred of them must fit into one response. */
export const MAX_WAITING_LENGTH = 8_192

/** Most payload of dead letters in one command, in characters. Endpoints limit the size of a request. */
export const MAX_LETTERS_LENGTH = 262_144

/** Longest list of subprotocols that is searched, in characters. Enough for a few names and a credential. */
export const MAX_SUBPROTOCOLS_LENGTH = 4_096

/** Longest subprotocol sent back to a refused WebSocket, in characters. Longer ones may be credentials. */
export const MAX_SUBPROTOCOL_LENGTH = 64

/** Most environments that have a guard of their own at the same time. Each keeps its guard and what was read of it. */
export const MAX_ENVIRONMENTS = 32

/** Most that is noted of what was read of an environment. Beyond that, the object counts by its identity. */
export const MAX_READ_MEMBERS = 256

/** How long a guard that could not be built refuses requests before it is built again, in milliseconds. */
export const MISCONFIGURED_RETRY_MS = 60_000

/** How long to wait for a key fetch after its time limit, in milliseconds, before it counts as lost. */
export const KEY_SET_GRACE_MS = 100

/**
 * The part of a key fetch's time limit that a request waits before it makes a fetch of its own. A sound STS answers much
 * sooner.
 */
export const KEY_SET_PATIENCE = 0.25

/**
 * The part of `maxAgeMs` after which a key set is fetched ahead of its end, and the part over which that is spread, so
 * that isolates with the same set do not fetch it all at once.
 */
export const KEY_SET_REFRESH_FROM = 0.8
export const KEY_SET_REFRESH_SPREAD = 0.1

/** Longest wait for a key set cache, in milliseconds. A request that waits for it could have asked the STS by now. */
export const MAX_KEY_SET_CACHE_WAIT_MS = 250

/** Longest text in a key set cache, in characters: a key set of usual size, many times over. */
export const MAX_CACHED_KEY_SET_LENGTH = 65_536

/** The pause after the first of several failed key fetches, in milliseconds, before a random half is added or taken. */
export const KEY_SET_RETRY_MS = 300

/** Longest `Retry-After` of an STS that is honoured, in milliseconds. */
export const MAX_RETRY_AFTER_MS = 300_000

/** Longest time that an option or argument may be, in milliseconds. A timer with a longer one fires at once. */
export const MAX_TIME_MS = 2 ** 31 - 1

/** The shortest time limit that the options take, in milliseconds: no network answers all requests sooner. */
export const MIN_TIME_LIMIT_MS = 50

/** The shortest age of the heartbeat that a store can ask for, in milliseconds: passes are a second apart. */
export const MIN_SYNC_AGE_MS = 1_000

/** Shortest pause between two checks of an open stream, in milliseconds. A shorter one was probably meant in seconds. */
export const MIN_RECHECK_MS = 100

/** How often the state of a WebSocket is looked at, if it has no `close` event or could not be closed, in milliseconds. */
export const SOCKET_LOOK_MS = 5_000

/** Longest lifetime of the mandates that the STS issues for a resource, in milliseconds. */
export const MANDATE_LIFE_MS = 900_000

/** How far the clock that wrote a heartbeat may be ahead, in milliseconds. One far ahead would hide that no pass runs. */
export const MAX_HEARTBEAT_LEAD_MS = 60_000

/** Most errors of a chain of causes that are logged. `fetch` of Node hides the reason two causes deep. */
export const MAX_LOGGED_ERRORS = 3

/** Longest part of an error's message that is quoted, in characters. */
export const MAX_QUOTED_LENGTH = 200

/** How long a cause that was logged is not logged again, in milliseconds. */
export const LOG_PAUSE_MS = 60_000

/** Most different causes that are logged in that time. A service has a few stores and issuers, and few ways to fail. */
export const MAX_LOGGED_CAUSES = 100

/** Deepest nesting of a message to an MCP server. Arguments of tools are a few levels deep; .NET reads 64 at most. */
export const MAX_MESSAGE_DEPTH = 64

/** Longest name of a method, a tool or a member of params, in characters. MCP allows tools 128. */
export const MAX_MESSAGE_NAME_LENGTH = 256

/** Most members of params, because each name is compared. Those of MCP have fewer than ten. */
export const MAX_MESSAGE_PARAMS = 64

/** Longest id of a message, in characters, because it is sent back. Clients count, or use a UUID. */
export const MAX_MESSAGE_ID_LENGTH = 256

/** Largest message to an MCP server, in bytes, unless an option says otherwise. That of the official SDK for servers. */
export const DEFAULT_MAX_BODY_BYTES = 4_194_304

/** A body that takes longer to arrive, in milliseconds, has its mandate checked again: it may have been revoked meanwhile. */
export const MAX_UNCHECKED_UPLOAD_MS = 1_000

/** How often an open event stream of an MCP server is checked, in milliseconds, unless an option says otherwise. */
export const DEFAULT_RECHECK_MS = 30_000

/** Most sessions of one principal that an isolate knows. With more, a principal could make those of others be forgotten. */
export const MAX_SESSIONS_PER_PRINCIPAL = 100

/** Most characters of all session ids that an isolate knows, and of their principals: at most 8 MB. */
export const MAX_SESSION_CHARACTERS = 4_194_304
