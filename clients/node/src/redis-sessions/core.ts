// The functions of redis-sessions without its calling conventions: index.ts has the conventions of
// version 4, and v3.ts those of version 3.

import { type RedisClient, Sender } from "../clients.js";
import type { Session as Found } from "../session.js";
import { Sessions } from "../sessions.js";
import { Cache } from "./cache.js";
import { type ConnectionOptions, createOwnClient, listen, type OwnClient } from "./connection.js";
import { check, DEFAULT_TTL, type Parameters, wholeNumber } from "./rules.js";

export type Value = string | number | boolean;

export interface Session<Data extends object = Record<string, Value>> {
  id: string;
  r: number;
  w: number;
  ttl: number;
  idle: number;
  ip: string;
  no_resave?: boolean;
  d?: Data;
}

export interface RedisSessionsOptions extends ConnectionOptions {
  /** The module's setting `sessions.namespace`; another one is an error at the first call. */
  namespace?: string | undefined;
  /** Without effect: the server removes timed-out sessions. */
  wipe?: number | undefined;
  /** Seconds for which sessions are kept in this process. */
  cachetime?: number | undefined;
  /** How many sessions are kept; 5000 by default. */
  cachemax?: number | undefined;
  /** A client of your own instead of port, host and options. */
  client?: unknown;
}

/** The original's reply: its properties in its order, and no others. */
function shown<Data extends object>(session: Found): Session<Data> {
  const { id = "", r, w, ttl, idle, ip = "", no_resave, d } = session;
  const result: Session<Data> = { id, r, w, ttl, idle, ip };
  if (no_resave) result.no_resave = true;
  if (Object.keys(d).length > 0) result.d = d as Data;
  return result;
}

function shownOrNull<Data extends object>(session: Found | null): Session<Data> | null {
  return session && shown(session);
}

function withoutNulls(d: object | undefined): object | undefined {
  if (!d) return undefined;
  const values = Object.values(d);
  if (!values.includes(null)) return values.length > 0 ? d : undefined;
  const entries = Object.entries(d).filter(([, value]) => value !== null);
  return entries.length > 0 ? Object.fromEntries(entries) : undefined;
}

const tokenReply = (token: string) => ({ token });
const killReply = (kill: number | boolean) => ({ kill: Number(kill) });

const ignore = () => {};

// What is checked, in the original's order.
const ONE = ["app", "token"];
const ONE_WITH_DATA = [...ONE, "d"];
const NEW = ["app", "id", "ip", "ttl"];
const NEW_WITH_DATA = [...NEW, "d"];

export class Core<Data extends object> {
  readonly client: RedisClient;
  readonly #sender: Sender;
  readonly #subscriber: OwnClient | null = null;
  readonly #cache: Cache<Session<Data>> | null = null;
  readonly #namespace: string;
  // Undefined as soon as the connection is there.
  #ready: Promise<unknown> | undefined;
  #sessions: Sessions | undefined;

  constructor(options: RedisSessionsOptions, watch: (client: OwnClient) => void) {
    this.#namespace = options.namespace || "rs";
    const own = options.client ? null : createOwnClient(options);
    this.client = (own ?? options.client) as RedisClient;
    this.#sender = new Sender(this.client);
    watch(this.client as unknown as OwnClient);
    let ready: Promise<unknown> | undefined = own?.connect();
    if (this.#namespace !== "rs") ready = Promise.resolve(ready).then(() => this.#checkNamespace());
    this.#ready = ready?.then(() => {
      this.#ready = undefined;
    });
    this.#ready?.catch(ignore); // Each call reports it.
    const seconds = wholeNumber(options.cachetime ?? 0);
    if (own && seconds > 0) {
      const max = Number(options.cachemax) > 0 ? Number(options.cachemax) : 5000;
      this.#cache = new Cache(seconds, max);
      this.#subscriber = listen(own, `${this.#namespace}:cache`, this.#cache);
    }
  }

  async #checkNamespace(): Promise<void> {
    let reply: unknown;
    try {
      reply = await this.#sender.at("", ["CONFIG", "GET", "sessions.namespace"]);
    } catch {
      return; // The Redis user may not use CONFIG.
    }
    const found = Array.isArray(reply) ? reply[1] : Object.values(reply ?? {})[0];
    if (found === undefined || found === this.#namespace) return;
    throw new Error(
      `the server's sessions.namespace is ${found}, the option namespace is ${this.#namespace}`,
    );
  }

  /**
   * Throws immediately if parameters are wrong; the promise that it returns waits for the
   * connection.
   */
  #run<Reply>(
    parameters: Parameters,
    items: readonly string[],
    run: (sessions: Sessions) => Promise<Reply>,
  ): Promise<Reply> {
    check(parameters, items);
    const app = String(parameters.app);
    if (this.#sessions?.app !== app) this.#sessions = new Sessions(this.#sender, { app });
    const sessions = this.#sessions;
    return this.#ready ? this.#ready.then(() => run(sessions)) : run(sessions);
  }

  activity(parameters: Parameters, seconds: "dt" | "deltaTime"): Promise<{ activity: number }> {
    const dt = wholeNumber(parameters[seconds]);
    return this.#run(parameters, ["app", seconds], async (sessions) => ({
      activity: await sessions.activity(dt),
    }));
  }

  create(parameters: Parameters = {}): Promise<{ token: string }> {
    const { id, ip, ttl, d, no_resave } = parameters;
    return this.#run(parameters, d ? NEW_WITH_DATA : NEW, (sessions) => {
      const options = {
        ip: String(ip),
        ttl: wholeNumber(ttl || DEFAULT_TTL),
        noResave: Boolean(no_resave),
        data: withoutNulls(d as object | undefined),
      };
      return sessions.create(String(id), options).then(tokenReply);
    });
  }

  get(parameters: Parameters = {}): Promise<Session<Data> | null> {
    const { app, token, _noupdate, _nocache } = parameters;
    return this.#run(parameters, ONE, (sessions) => {
      const read = () =>
        (_noupdate ? sessions.peek(String(token)) : sessions.get(String(token))).then(shownOrNull<Data>);
      const cache = this.#cache;
      if (!cache) return read();
      const key = `${app}:${token}`;
      const cached = _nocache ? undefined : cache.get(key);
      if (cached) return Promise.resolve(cached);
      return _noupdate ? read() : cache.keep(key, read);
    });
  }

  set(parameters: Parameters = {}): Promise<Session<Data> | null> {
    const { app, token, d } = parameters;
    return this.#run(parameters, ONE_WITH_DATA, (sessions) => {
      const changed = sessions.set(String(token), d as object).then(shownOrNull<Data>);
      return this.#cache ? this.#published(`${app}:${token}`, changed) : changed;
    });
  }

  kill(parameters: Parameters = {}): Promise<{ kill: number }> {
    const { app, token } = parameters;
    return this.#run(parameters, ONE, (sessions) => {
      const killed = sessions.kill(String(token)).then(killReply);
      return this.#cache ? this.#published(`${app}:${token}`, killed) : killed;
    });
  }

  /** The reply to a change, after the caches of all processes were informed. */
  async #published<Reply>(key: string, reply: Promise<Reply>): Promise<Reply> {
    const [result] = await Promise.all([reply, this.#publish(key)]);
    return result;
  }

  /**
   * Informs the caches of all processes, as the original does. With the setting
   * sessions.publish-changes the server informs them of more changes.
   */
  async #publish(key: string): Promise<void> {
    if (!this.#cache) return;
    this.#cache.delete(key);
    await this.#sender.at("", ["PUBLISH", `${this.#namespace}:cache`, key]);
    this.#cache.delete(key);
  }

  killall(parameters: Parameters = {}): Promise<{ kill: number }> {
    return this.#run(parameters, ["app"], async (sessions) => {
      const kill = await sessions.killAll();
      this.#cache?.deleteApp(sessions.app);
      return { kill };
    });
  }

  killsoid(parameters: Parameters = {}): Promise<{ kill: number }> {
    const id = String(parameters.id);
    return this.#run(parameters, ["app", "id"], async (sessions) => {
      const kill = await sessions.killSoid(id);
      this.#cache?.deleteApp(sessions.app, (session) => session.id === id);
      return { kill };
    });
  }

  soapp(parameters: Parameters, seconds: "dt" | "deltaTime"): Promise<{ sessions: Session<Data>[] }> {
    const dt = wholeNumber(parameters[seconds]);
    return this.#run(parameters, ["app", seconds], async (sessions) => {
      const list = await sessions.soapp(dt);
      return { sessions: list.map((session) => shown<Data>(session)) };
    });
  }

  soid(parameters: Parameters = {}): Promise<{ sessions: Session<Data>[] }> {
    const id = String(parameters.id);
    return this.#run(parameters, ["app", "id"], async (sessions) => {
      const list = await sessions.soid(id);
      return { sessions: list.map((session) => shown<Data>(session)) };
    });
  }

  async ping(): Promise<string> {
    await this.#ready;
    return String(await this.#sender.at("", ["PING"]));
  }

  /** Closes the connections, a given client's too, as the original does. */
  async quit(): Promise<void> {
    this.#subscriber?.destroy();
    const client = this.client as unknown as Record<string, (() => Promise<unknown>) | undefined>;
    await (client.close ?? client.quit)?.call(this.client);
  }
}
