// What a store remembers of an object that a framework or a program has, as a private field of that
// object, which other code cannot see. A WeakMap would do the same, but with an entry per request
// the garbage collector takes more time than everything else that the store does in the request.

/** What one store knows of the object; another store may know something different. */
interface Memory {
  readonly store: object;
  known: unknown;
  readonly next: Memory | undefined;
}

class Itself {
  constructor(object: object) {
    // biome-ignore lint/correctness/noConstructorReturn: the field of the class below becomes one of this object
    return object;
  }
}

class Remembering extends Itself {
  #first: Memory;

  private constructor(object: object, first: Memory) {
    super(object);
    this.#first = first;
  }

  static of(object: object, store: object): Memory | undefined {
    let memory = #first in object ? object.#first : undefined;
    while (memory && memory.store !== store) memory = memory.next;
    return memory;
  }

  static add(object: object, store: object, known: unknown): void {
    if (#first in object) object.#first = { store, known, next: object.#first };
    else new Remembering(object, { store, known, next: undefined });
  }
}

export function remember(object: object, store: object, known: unknown): void {
  const memory = Remembering.of(object, store);
  if (memory) memory.known = known;
  else Remembering.add(object, store, known);
}

/** What the store remembers of the object. */
export function remembered<Known>(object: object, store: object): Known | undefined {
  return Remembering.of(object, store)?.known as Known | undefined;
}
