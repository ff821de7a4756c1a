// SessionManager of redisess 2.6.0 over the module. The namespace is the app, a session's id its
// token.

import { type RedisClient, Sender } from "../clients.js";
import type { Session as Found } from "../session.js";
import { Sessions } from "../sessions.js";
import { Before } from "./before.js";
import { isOld, tokenOf } from "./ids.js";
import { FOREVER, Session } from "./session.js";
import { encoded } from "./values.js";

export interface SessionManagerOptions {
  /** The app: 1 to 64 of `A-Z a-z 0-9 _ -`. */
  namespace?: string | undefined;
  /** Seconds; 0: sessions do not time out. */
  ttl?: number | undefined;
  /** Without effect: the server removes timed-out sessions. */
  wipeInterval?: number | undefined;
  /** The names of values that are properties of the session. */
  additionalFields?: string[] | undefined;
  /**
   * The namespace of redisess in the same server: unknown sessions are moved from it, so that no
   * user is logged out.
   */
  from?: string | undefined;
}

// biome-ignore lint/suspicious/noExplicitAny: the additional fields, as in the original's type
export type ResultSession = Session & Record<string, any>;

function required(value: unknown, name: string): void {
  if (!value) throw new TypeError(`You must provide ${name}`);
}

function seconds(value: unknown, otherwise: number): number {
  return Number(value) >= 0 ? Number(value) : otherwise;
}

function tokens(list: { token?: string }[]): string[] {
  return list.flatMap(({ token }) => token ?? []);
}

export class SessionManager {
  readonly #sender: Sender;
  readonly #sessions: Sessions;
  readonly #ttl: number;
  readonly #additionalFields: string[];
  readonly #before: Before | undefined;

  constructor(client: RedisClient, options: SessionManagerOptions = {}) {
    if (!client) throw new TypeError("You must provide redis instance");
    this.#sender = new Sender(client);
    this.#sessions = new Sessions(this.#sender, { app: options.namespace || "sessions" });
    this.#ttl = seconds(options.ttl, 30 * 60);
    this.#additionalFields = [...(options.additionalFields ?? [])];
    if (options.from)
      this.#before = new Before(this.#sender, this.#sessions, options.from, this.#additionalFields);
  }

  get additionalFields(): string[] {
    return this.#additionalFields;
  }

  get namespace(): string {
    return this.#sessions.app;
  }

  get ttl(): number {
    return this.#ttl;
  }

  #session(sessionId: string): ResultSession {
    const backend = { sessions: this.#sessions, additionalFields: this.#additionalFields };
    return new Session(backend, { sessionId }) as ResultSession;
  }

  /** How many sessions there are, or were active within some seconds. */
  async count(secs = 0): Promise<number> {
    return this.#sessions.count({ dt: Number(secs) });
  }

  async countForUser(userId: string, secs = 0): Promise<number> {
    required(userId, "userId");
    return this.#sessions.countSoid(userId, { dt: Number(secs) });
  }

  async create(
    userId: string,
    props: { ttl?: number; [name: string]: unknown } = {},
  ): Promise<ResultSession> {
    required(userId, "userId");
    const ttl = Math.ceil(seconds(props.ttl, this.#ttl)) || FOREVER;
    const fields = this.#additionalFields.filter((name) => props[name] !== undefined);
    const data = Object.fromEntries(fields.map((name) => [name, encoded(props[name])]));
    const token = await this.#sessions.create(userId, { ttl, data });
    const session = this.#session(token);
    session.load({ id: userId, ttl, idle: 0, d: data } as Found, true);
    return session;
  }

  async get(sessionId: string, noUpdate = false): Promise<ResultSession | undefined> {
    required(sessionId, "sessionId");
    const token = tokenOf(sessionId);
    const read = () => (noUpdate ? this.#sessions.peek(token) : this.#sessions.get(token));
    let found = await read();
    if (!found && this.#before && isOld(sessionId)) {
      await this.#before.move(sessionId);
      found = await read();
    }
    if (!found) return undefined;
    const session = this.#session(sessionId);
    session.load(found, !noUpdate);
    return session;
  }

  /** The ids of all sessions, or of those active within some seconds. */
  async getAllSessions(secs = 0): Promise<string[]> {
    return tokens(await this.#sessions.soapp(Number(secs), { noData: true, withTokens: true }));
  }

  async getAllUsers(secs = 0): Promise<string[]> {
    return this.#sessions.users(Number(secs));
  }

  async getUserSessions(userId: string, n = 0): Promise<string[]> {
    required(userId, "userId");
    return tokens(await this.#sessions.soid(userId, { dt: Number(n), noData: true, withTokens: true }));
  }

  async getOldestUserSession(userId: string, noUpdate = false): Promise<ResultSession | undefined> {
    required(userId, "userId");
    const options = { asc: true, limit: 1, noData: true, withTokens: true } as const;
    const [oldest] = tokens(await this.#sessions.soid(userId, options));
    return oldest ? this.get(oldest, noUpdate) : undefined;
  }

  async exists(sessionId: string): Promise<boolean> {
    required(sessionId, "sessionId");
    if (await this.#sessions.exists(tokenOf(sessionId))) return true;
    return this.#before !== undefined && isOld(sessionId) && this.#before.exists(sessionId);
  }

  async kill(sessionId: string): Promise<void> {
    required(sessionId, "sessionId");
    if (isOld(sessionId)) await this.#before?.kill(sessionId);
    await this.#sessions.kill(tokenOf(sessionId));
  }

  async killUser(userId: string): Promise<void> {
    required(userId, "userId");
    await this.#before?.killUser(userId);
    await this.#sessions.killSoid(userId);
  }

  async killAll(): Promise<void> {
    await this.#before?.killAll();
    await this.#sessions.killAll();
  }

  /** The server's Unix time. */
  async now(): Promise<number> {
    return Number(((await this.#sender.at("", ["TIME"])) as [unknown])[0]);
  }

  /** Without effect: there is no timer to stop. */
  quit(): void {}

  /** Removes timed-out sessions now; the server also does this automatically. */
  async wipe(): Promise<void> {
    await this.#sender.everywhere(["SESSIONS.WIPE"]);
  }
}
