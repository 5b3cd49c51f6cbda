// Hands out a stand-in for an object, notes what is read of it, and compares other objects by that.

import { MAX_READ_MEMBERS } from '../lib/limits.ts'
import { bare, isObject, ownMember } from '../lib/own-member.ts'
import { isThrown } from '../lib/thrown.ts'

/** Reads something of an object. Two objects agree in it if the results have the same elements. */
type Reading = (of: object) => readonly unknown[]

type Kind = 'member' | 'presence' | 'property' | 'whole'

interface Note {
  /** The member's name, or what else was read. */
  readonly name: string
  readonly reading: Reading
  readonly seen: readonly unknown[]
}

/**
 * What was read of one object: plain values count by value, objects by their identity. If it cannot be known what was
 * read, the object itself counts by its identity.
 */
export class Recording {
  readonly #notes: Note[] = []
  readonly #noted: Readonly<Record<Kind, Map<PropertyKey, Note>>> = {
    member: new Map(),
    presence: new Map(),
    property: new Map(),
    whole: new Map(),
  }
  #isByIdentity = false
  /** Holds the object weakly: it may belong to a request that has ended. */
  readonly #source = new WeakSet<object>()

  /** Grows whenever other objects can differ in more than before: something new was read, however late. */
  get version(): number {
    return this.#notes.length + (this.#isByIdentity ? 1 : 0)
  }

  /**
   * The name of something that was read and is different in another object, or `undefined` if nothing is.
   * @param other any value; one that is not an object differs
   */
  difference(other: unknown): string | undefined {
    if (!isObject(other)) return 'an argument'
    if (this.#source.has(other)) return undefined
    if (this.#isByIdentity) return 'the object itself'
    return this.#notes.find(({ reading, seen }) => !isSame(seen, outcomeOf(reading, other)))?.name
  }

  /**
   * The stand-in. It gives the members themselves, never stand-ins for them, so that bindings work. A method of a class
   * runs on the object itself, because it may need private fields: what it reads there cannot be known.
   */
  standInFor(source: object): object {
    this.#source.add(source)
    const read = (kind: Kind, key: PropertyKey, reading: Reading) => this.#read(source, kind, key, reading)
    // Without a prototype, so that what others put on `Object.prototype` is not found.
    const traps: ProxyHandler<object> = bare({
      get: (_: object, key: PropertyKey) => {
        const [value] = read('member', key, (of) => [Reflect.get(of, key)])
        return typeof value === 'function' && isMethod(source, key, value) ? method(value) : value
      },
      has: (_: object, key: PropertyKey) => read('presence', key, (of) => [Reflect.has(of, key)])[0] === true,
      getOwnPropertyDescriptor: (_: object, key: PropertyKey) => {
        read('property', key, (of) => propertyOf(of, key))
        const property = Reflect.getOwnPropertyDescriptor(source, key)
        return property && bare(property)
      },
      ownKeys: () => {
        read('whole', 'its member names', (of) => Reflect.ownKeys(of))
        return Reflect.ownKeys(source)
      },
      getPrototypeOf: () => {
        read('whole', 'its prototype', (of) => [Reflect.getPrototypeOf(of)])
        return Reflect.getPrototypeOf(source)
      },
      isExtensible: () => read('whole', 'its extensibility', (of) => [Reflect.isExtensible(of)])[0] === true,
      set: (_: object, key: PropertyKey, value: unknown) => Reflect.set(source, key, value),
    })
    const standIn = new Proxy(source, traps)
    const method = (value: CallableFunction) =>
      new Proxy(
        value,
        bare({
          apply: (_: object, self: unknown, given: unknown[]) => {
            if (self !== standIn) return Reflect.apply(value, self, given)
            this.#isByIdentity = true
            return Reflect.apply(value, source, given)
          },
        }),
      )
    return standIn
  }

  #read(source: object, kind: Kind, key: PropertyKey, reading: Reading): readonly unknown[] {
    let seen: readonly unknown[] = []
    try {
      seen = reading(source)
      return seen
    } catch (error) {
      seen = thrown(error)
      throw error
    } finally {
      this.#note(kind, key, { name: String(key), reading, seen })
    }
  }

  #note(kind: Kind, key: PropertyKey, note: Note): void {
    const known = this.#noted[kind].get(key)
    if (known !== undefined) {
      // If it has changed, another object may have what it had then, and not what it has now.
      if (!isSame(known.seen, note.seen)) this.#isByIdentity = true
    } else if (this.#notes.length < MAX_READ_MEMBERS) {
      this.#noted[kind].set(key, note)
      this.#notes.push(note)
    } else {
      this.#isByIdentity = true
    }
  }
}

/** Whether it is a method of a class. The methods of `Object.prototype` work on a stand-in: they read what it shows. */
function isMethod(object: object, key: PropertyKey, value: unknown): boolean {
  return !Object.hasOwn(object, key) && value !== ownMember(Object.prototype, key)
}

/** A getter counts by what it gives: it may be another function with every request. */
function propertyOf(object: object, key: PropertyKey): readonly unknown[] {
  const property = Reflect.getOwnPropertyDescriptor(object, key)
  if (property === undefined) return []
  const { enumerable, configurable } = property
  return Object.hasOwn(property, 'value')
    ? [enumerable, configurable, property.writable, property.value]
    : [enumerable, configurable, ...outcomeOf((of) => [Reflect.get(of, key)], object)]
}

function outcomeOf(reading: Reading, object: object): readonly unknown[] {
  try {
    return reading(object)
  } catch (error) {
    return thrown(error)
  }
}

const THROWN = Symbol('thrown')

/** Errors are the same if their members are, own and inherited. The stack says only where they were created. */
function thrown(error: unknown): readonly unknown[] {
  try {
    if (!isThrown(error, Error)) return [THROWN, error]
    const names = namesIn(error).filter((name) => name !== 'stack')
    return [THROWN, ...names.flatMap((name) => [name, Reflect.get(error, name)])]
  } catch {
    return [THROWN, error]
  }
}

/** Inherited ones too: whoever catches an error usually asks for its class. */
function namesIn(object: object): readonly PropertyKey[] {
  const above = Reflect.getPrototypeOf(object)
  return [...Reflect.ownKeys(object), ...(above === null ? [] : namesIn(above))]
}

function isSame(one: readonly unknown[], other: readonly unknown[]): boolean {
  return one.length === other.length && one.every((element, index) => Object.is(element, other[index]))
}
