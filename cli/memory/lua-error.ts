// What ends a script early.

/** An error that a script raised, or a part of Lua that is not served. */
export class LuaError extends Error {}
