// req.session: the visitor's data as properties, and the methods of connect-redis-sessions.

import { createHash } from "node:crypto";
import type { Handler, Request } from "./handler.js";

export type Value = string | number | boolean | null;
export type Attributes = Record<string, Value>;
export type Callback<Reply = unknown> = (error?: Error | null, reply?: Reply) => void;

export interface Meta {
  id: string | null;
  r: number;
  w: number;
  ttl: number;
  idle: number;
  ip: string;
}

const METHODS = [
  ...["upgrade", "attributes", "save", "reload", "destroy", "destroyall", "hash"],
  ...["activity", "soapp", "soid", "getRedisSessionsModule"],
] as const;

const ignore = () => {};

export function atLeastTen(seconds: number): number {
  if (!(seconds < 10)) return seconds;
  process.emitWarning("Tried to use `ttl < 10`! So Reset ttl to `10`.");
  return 10;
}

/** The optional seconds and the callback of `activity` and `soapp`. */
function window<Reply>(args: unknown[]): [number | undefined, Callback<Reply>] {
  const callback = args.at(-1) as Callback<Reply>;
  return [args.length > 1 ? (args[0] as number) : undefined, callback];
}

export class SessionObject {
  [name: string]: unknown;
  declare readonly id: string | null;
  declare readonly d: Attributes;
  declare _meta?: Meta;
  readonly #handler: Handler;
  readonly #request: Request;
  #loaded: Attributes;

  constructor(handler: Handler, request: Request, data: object) {
    this.#handler = handler;
    this.#request = request;
    Object.defineProperty(this, "id", { value: request.sessionID });
    Object.defineProperty(this, "req", { value: request });
    Object.defineProperty(this, "handler", { value: handler });
    Object.defineProperty(this, "d", { get: () => this.attributes() });
    for (const name of METHODS) Object.defineProperty(this, name, { value: this[name].bind(this) });
    // Data that have the name of a method or property of the session are not shown, and keep their
    // stored value.
    for (const [name, value] of Object.entries(data)) if (!(name in this)) this[name] = value;
    this.#loaded = this.attributes();
  }

  /** Makes it a stored session, of a user: the log-in. */
  upgrade(id: string | number, ...args: [Callback?] | [unknown, Callback?]): this | undefined {
    const [ttl, callback = ignore] = typeof args[0] === "function" ? [undefined, args[0]] : args;
    const done = callback as Callback;
    if (this.id !== null) {
      done();
      return undefined;
    }
    const given = Number.parseInt(String(ttl), 10);
    const seconds = Number.isNaN(given) ? undefined : atLeastTen(given);
    this.#handler.create(this.#request, id, seconds, (error, token) => {
      if (error || token === undefined) return done(error);
      this.#handler.generate(this.#request, token, id, seconds);
      done();
    });
    return this;
  }

  /** The data: the properties that are a text, a number, true, false or null. */
  attributes(): Attributes {
    const entries = Object.entries(this).filter(([name, value]) => {
      return name !== "_meta" && (value === null || ["string", "number", "boolean"].includes(typeof value));
    });
    return Object.fromEntries(entries) as Attributes;
  }

  /** The differences from the stored data; null for deleted keys. */
  changes(): Attributes {
    const now = this.attributes();
    const gone = Object.keys(this.#loaded).filter((name) => !Object.hasOwn(now, name));
    const changed = Object.entries(now).filter(([name, value]) => this.#loaded[name] !== value);
    return Object.fromEntries([...changed, ...gone.map((name) => [name, null])]);
  }

  /** Stores the changes. At the end of a request this happens automatically. */
  save(callback: Callback<object | null> = ignore): this {
    if (this.id === null) return this.#noToken(callback);
    const stored = this.attributes();
    this.#handler.set(this.#request, this.changes(), (error, data) => {
      if (!error) this.#loaded = stored;
      callback(error, data);
    });
    return this;
  }

  /** Reads the session again into a new req.session. */
  reload(callback: Callback = ignore): this {
    if (this.id === null) return this.#noToken(callback);
    this.#handler.get(this.#request, (error, data) => {
      if (error) return callback(error);
      if (!data) return callback(this.#handler.error("session-load"));
      this.#handler.createSession(this.#request, data);
      callback();
    });
    return this;
  }

  destroy(callback: Callback<number> = ignore): this {
    if (this.id === null) return this.#noToken(callback);
    this.#handler.destroy(this.#request, this.#withoutCookie(callback));
    return this;
  }

  /** Ends all sessions of the user. */
  destroyall(callback: Callback<number> = ignore): this {
    if (this.id === null) return this.#noToken(callback);
    this.#handler.killIdSessions(this.#request, this.#withoutCookie(callback));
    return this;
  }

  #withoutCookie(callback: Callback<number>): Callback<number> {
    return (error, killed) => {
      this.#handler.removeCookie(this.#request);
      callback(error, killed);
    };
  }

  hash(): string {
    return createHash("sha1").update(JSON.stringify(this.attributes())).digest("hex");
  }

  activity(...args: [Callback] | [number, Callback]): void {
    const [dt, callback] = window(args);
    if (this.id === null) this.#noToken(callback);
    else this.#handler.getAppActivity(this.#request, dt, callback);
  }

  soapp(...args: [Callback] | [number, Callback]): void {
    const [dt, callback] = window(args);
    if (this.id === null) this.#noToken(callback);
    else this.#handler.getAppSessions(this.#request, dt, callback);
  }

  soid(callback: Callback): void {
    if (this.id === null) this.#noToken(callback);
    else this.#handler.getIdSessions(this.#request, callback);
  }

  /** The store, by the methods of redis-sessions. */
  getRedisSessionsModule(): Handler["rds"] {
    return this.#handler.rds;
  }

  #noToken(callback: (error: Error) => void): this {
    callback(this.#handler.error("no-token"));
    return this;
  }
}
