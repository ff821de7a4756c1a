// Sessions kept in this process for some seconds. Every change that the server or another process
// publishes removes its session; while the messages cannot be received, the cache is not used.

interface Entry<Value> {
  value: Value;
  until: number;
}

export class Cache<Value> {
  /** Whether the messages of changes are being received. */
  isListening = false;
  // In the order of their last use, the oldest first.
  readonly #entries = new Map<string, Entry<Value>>();
  // The reads in progress; a read whose session changes before it ends is not kept.
  readonly #reads = new Map<string, symbol>();
  readonly #milliseconds: number;
  readonly #max: number;

  constructor(seconds: number, max: number) {
    this.#milliseconds = seconds * 1000;
    this.#max = max;
  }

  get(key: string): Value | undefined {
    const entry = this.#entries.get(key);
    if (!entry || !this.isListening || entry.until <= performance.now()) return undefined;
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    return entry.value;
  }

  /** Reads with `read` and keeps what it finds. */
  async keep(key: string, read: () => Promise<Value | null>): Promise<Value | null> {
    const mark = Symbol("read");
    this.#reads.set(key, mark);
    try {
      const value = await read();
      if (value !== null && this.#reads.get(key) === mark && this.isListening) this.#put(key, value);
      return value;
    } finally {
      if (this.#reads.get(key) === mark) this.#reads.delete(key);
    }
  }

  #put(key: string, value: Value): void {
    this.#entries.delete(key);
    this.#entries.set(key, { value, until: performance.now() + this.#milliseconds });
    if (this.#entries.size > this.#max) {
      for (const oldest of this.#entries.keys()) {
        this.#entries.delete(oldest);
        break;
      }
    }
  }

  delete(key: string): void {
    this.#entries.delete(key);
    this.#reads.delete(key);
  }

  /** Removes the sessions of an app, or those of them that `matches` names. */
  deleteApp(app: string, matches: (value: Value) => boolean = () => true): void {
    for (const [key, { value }] of this.#entries) {
      if (key.startsWith(`${app}:`) && matches(value)) this.#entries.delete(key);
    }
    this.#reads.clear();
  }

  clear(): void {
    this.#entries.clear();
    this.#reads.clear();
  }
}
