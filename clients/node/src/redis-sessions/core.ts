// What redis-sessions does, without its calling conventions: index.ts has those of version 4, v3.ts those of 3.

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
  /** A client of your own in place of port, host and options. */
  client?: unknown;
}

/** The original's reply: its properties in its order, and no others. */
function shown<Data extends object>(session: Found): Session<Data> {
  const { id = "", r, w, ttl, idle, ip = "", no_resave, d } = session;
  return {
    ...{ id, r, w, ttl, idle, ip },
    ...(no_resave ? { no_resave: true } : {}),
    ...(Object.keys(d).length > 0 ? { d: d as Data } : {}),
  };
}

function withoutNulls(d: object): object | undefined {
  const entries = Object.entries(d).filter(([, value]) => value !== null);
  return entries.length > 0 ? Object.fromEntries(entries) : undefined;
}

const ignore = () => {};

export class Core<Data extends object> {
  readonly client: RedisClient;
  readonly #sender: Sender;
  readonly #subscriber: OwnClient | null = null;
  readonly #cache: Cache<Session<Data>> | null = null;
  readonly #namespace: string;
  #ready: Promise<unknown>;

  constructor(options: RedisSessionsOptions, watch: (client: OwnClient) => void) {
    this.#namespace = options.namespace || "rs";
    const own = options.client ? null : createOwnClient(options);
    this.client = (own ?? options.client) as RedisClient;
    this.#sender = new Sender(this.client);
    watch(this.client as unknown as OwnClient);
    this.#ready = own ? own.connect() : Promise.resolve();
    if (this.#namespace !== "rs") this.#ready = this.#ready.then(() => this.#checkNamespace());
    this.#ready.catch(ignore); // Each call reports it.
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

  /** Throws at once for wrong parameters; what it returns waits for the connection. */
  #run<Reply>(
    parameters: Parameters,
    items: string[],
    run: (sessions: Sessions) => Promise<Reply>,
  ): Promise<Reply> {
    check(parameters, ["app", ...items]);
    const sessions = new Sessions(this.#sender, { app: String(parameters.app) });
    return this.#ready.then(() => run(sessions));
  }

  activity(parameters: Parameters, seconds: "dt" | "deltaTime"): Promise<{ activity: number }> {
    return this.#run(parameters, [seconds], async (sessions) => ({
      activity: await sessions.activity(wholeNumber(parameters[seconds])),
    }));
  }

  create(parameters: Parameters): Promise<{ token: string }> {
    const { id, ip, ttl, d, no_resave } = parameters;
    return this.#run(parameters, ["id", "ip", "ttl", ...(d ? ["d"] : [])], async (sessions) => {
      const token = await sessions.create(String(id), {
        ip: String(ip),
        ttl: wholeNumber(ttl || DEFAULT_TTL),
        noResave: Boolean(no_resave),
        data: withoutNulls((d ?? {}) as object),
      });
      return { token };
    });
  }

  get(parameters: Parameters): Promise<Session<Data> | null> {
    const { app, _noupdate, _nocache } = parameters;
    return this.#run(parameters, ["token"], async (sessions) => {
      const token = String(parameters.token);
      const key = `${app}:${token}`;
      const cached = _nocache ? undefined : this.#cache?.get(key);
      if (cached) return cached;
      const read = async () => {
        const session = _noupdate ? await sessions.peek(token) : await sessions.get(token);
        return session && shown<Data>(session);
      };
      return this.#cache && !_noupdate ? this.#cache.keep(key, read) : read();
    });
  }

  set(parameters: Parameters): Promise<Session<Data> | null> {
    return this.#run(parameters, ["token", "d"], async (sessions) => {
      const token = String(parameters.token);
      const [session] = await Promise.all([
        sessions.set(token, parameters.d as object),
        this.#publish(`${parameters.app}:${token}`),
      ]);
      return session && shown<Data>(session);
    });
  }

  kill(parameters: Parameters): Promise<{ kill: number }> {
    return this.#run(parameters, ["token"], async (sessions) => {
      const token = String(parameters.token);
      const [isKilled] = await Promise.all([
        sessions.kill(token),
        this.#publish(`${parameters.app}:${token}`),
      ]);
      return { kill: Number(isKilled) };
    });
  }

  /** Tells the caches of all processes, as the original does; the setting sessions.publish-changes tells more. */
  async #publish(key: string): Promise<void> {
    if (!this.#cache) return;
    this.#cache.delete(key);
    await this.#sender.at("", ["PUBLISH", `${this.#namespace}:cache`, key]);
    this.#cache.delete(key);
  }

  killall(parameters: Parameters): Promise<{ kill: number }> {
    return this.#run(parameters, [], async (sessions) => {
      const kill = await sessions.killAll();
      this.#cache?.deleteApp(sessions.app);
      return { kill };
    });
  }

  killsoid(parameters: Parameters): Promise<{ kill: number }> {
    return this.#run(parameters, ["id"], async (sessions) => {
      const id = String(parameters.id);
      const kill = await sessions.killSoid(id);
      this.#cache?.deleteApp(sessions.app, (session) => session.id === id);
      return { kill };
    });
  }

  soapp(parameters: Parameters, seconds: "dt" | "deltaTime"): Promise<{ sessions: Session<Data>[] }> {
    return this.#run(parameters, [seconds], async (sessions) => {
      const list = await sessions.soapp(wholeNumber(parameters[seconds]));
      return { sessions: list.map((session) => shown<Data>(session)) };
    });
  }

  soid(parameters: Parameters): Promise<{ sessions: Session<Data>[] }> {
    return this.#run(parameters, ["id"], async (sessions) => {
      const list = await sessions.soid(String(parameters.id));
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
