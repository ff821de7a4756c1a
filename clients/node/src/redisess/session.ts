// A session of redisess: what was known of it when it was read, and its data, read and written on
// demand.

import { SessionsError } from "../errors.js";
import type { Session as Found } from "../session.js";
import type { Sessions } from "../sessions.js";
import { tokenOf } from "./ids.js";
import { decoded, encoded } from "./values.js";

/** The longest ttl of the server, for sessions that never end: ten years. */
export const FOREVER = 315_360_000;

const now = () => Math.floor(Date.now() / 1000);

interface Backend {
  readonly sessions: Sessions;
  readonly additionalFields: readonly string[];
}

export interface SessionOptions {
  sessionId: string;
  userId?: string;
  ttl?: number;
}

export class Session {
  readonly #backend: Backend;
  readonly #sessionId: string;
  readonly #token: string;
  #userId: string;
  #ttl: number;
  #lastAccess = 0;

  constructor(backend: Backend, { sessionId, userId = "", ttl = 30 * 60 }: SessionOptions) {
    this.#backend = backend;
    this.#sessionId = sessionId;
    this.#token = tokenOf(sessionId);
    this.#userId = userId;
    this.#ttl = ttl;
  }

  get sessionId(): string {
    return this.#sessionId;
  }

  get userId(): string {
    return this.#userId;
  }

  /** Seconds; 0: the session does not time out. */
  get ttl(): number {
    return this.#ttl;
  }

  /** Unix time of the last use. */
  get lastAccess(): number {
    return this.#lastAccess;
  }

  /** Unix time of the end; 0: none. */
  get expires(): number {
    return this.#ttl && this.#lastAccess ? this.#lastAccess + this.#ttl : 0;
  }

  get expiresIn(): number {
    return this.expires ? this.expires - now() : 0;
  }

  get valid(): boolean {
    return Boolean(this.#sessionId && this.#userId && this.#lastAccess);
  }

  get idle(): number {
    return now() - this.#lastAccess;
  }

  /** Copies what was found; null: there is no such session. */
  load(found: Found | null, isUsed: boolean): void {
    this.#userId = found?.id ?? "";
    this.#ttl = found && found.ttl < FOREVER ? found.ttl : 0;
    this.#lastAccess = found ? now() - (isUsed ? 0 : found.idle) : 0;
    const fields = this as unknown as Record<string, unknown>;
    for (const name of this.#backend.additionalFields) fields[name] = decoded(found?.d[name]);
  }

  /** Reads it again without using it. */
  async read(): Promise<void> {
    this.load(await this.#backend.sessions.peek(this.#token), false);
  }

  /** Uses the session: its ttl begins again, and its additional fields are stored. */
  async write(): Promise<void> {
    const fields = this as unknown as Record<string, unknown>;
    const entries = this.#backend.additionalFields.map((name) => [name, encoded(fields[name]) ?? null]);
    const { sessions } = this.#backend;
    const changes = Object.fromEntries(entries);
    const isAlive =
      entries.length > 0
        ? (await sessions.set(this.#token, changes)) !== null
        : await sessions.touch(this.#token);
    if (!isAlive) this.#ended();
    this.#lastAccess = now();
  }

  #ended(): never {
    throw new SessionsError("the session has ended", "ENDED");
  }

  /**
   * The value of a key, the values of keys, or an object with its values filled in. A missing value
   * is null.
   */
  // biome-ignore lint/suspicious/noExplicitAny: the original's type
  async get(key: any): Promise<any> {
    const found = await this.#backend.sessions.peek(this.#token);
    const value = (name: string) =>
      found && Object.hasOwn(found.d, name) ? (decoded(found.d[name]) ?? null) : null;
    if (Array.isArray(key)) return key.map(value);
    if (typeof key !== "object" || key === null) return value(String(key));
    for (const name of Object.keys(key)) key[name] = value(name);
    return key;
  }

  /** Stores values; returns how many. */
  async set(values: Record<string, unknown>): Promise<number>;
  async set(key: string, value: unknown): Promise<number>;
  async set(values: string | Record<string, unknown>, value?: unknown): Promise<number> {
    const given = typeof values === "object" ? values : { [String(values)]: value };
    const entries = Object.entries(given).map(([name, one]) => [name, encoded(one)]);
    if (entries.length === 0) return 0;
    if (!(await this.#backend.sessions.set(this.#token, Object.fromEntries(entries)))) this.#ended();
    return entries.length;
  }

  async kill(): Promise<void> {
    await this.#backend.sessions.kill(this.#token);
  }
}
