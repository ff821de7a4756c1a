// Drop-in for redis-sessions 4.0.0: promises, null for what is not there.

import { Core, type RedisSessionsOptions as Options, type Session as Shown, type Value } from "./core.js";

interface ByApp {
  app: string;
}

interface ByToken extends ByApp {
  token: string;
}

interface ById extends ByApp {
  id: string;
}

interface ByTime extends ByApp {
  deltaTime: number;
}

const ignore = () => {}; // The commands report it, and the client connects again.

class RedisSessions<SessionData extends Record<string, Value> = Record<string, Value>> {
  /** So that `require("…").default` and `import` of a CommonJS module give the class, as with the original. */
  static readonly default = RedisSessions;
  readonly #core: Core<SessionData>;

  constructor(redisSessionsOptions: Options = {}) {
    this.#core = new Core(redisSessionsOptions ?? {}, (client) => {
      if (!redisSessionsOptions?.client) client.on("error", ignore);
    });
  }

  // Each may be passed as a function: it is bound. As async functions they reject for what the core throws.

  activity = async (options: ByTime): Promise<{ activity: number }> =>
    this.#core.activity({ ...options }, "deltaTime");

  create = async (
    options: ById & { ip: string; ttl?: number; d?: SessionData; no_resave?: boolean },
  ): Promise<{ token: string }> => this.#core.create({ ...options });

  get = async (
    options: ByToken & { _noupdate?: boolean; _nocache?: boolean },
  ): Promise<Shown<SessionData> | null> => this.#core.get({ ...options });

  kill = async (options: ByToken): Promise<{ kill: number }> => this.#core.kill({ ...options });

  killall = async (options: ByApp): Promise<{ kill: number }> => this.#core.killall({ ...options });

  killsoid = async (options: ById): Promise<{ kill: number }> => this.#core.killsoid({ ...options });

  ping = (): Promise<string> => this.#core.ping();

  quit = (): Promise<void> => this.#core.quit();

  set = async (
    options: ByToken & { d: { [Key in keyof SessionData]?: SessionData[Key] | null }; no_resave?: boolean },
  ): Promise<Shown<SessionData> | null> => this.#core.set({ ...options });

  soapp = async (options: ByTime): Promise<{ sessions: Shown<SessionData>[] }> =>
    this.#core.soapp({ ...options }, "deltaTime");

  soid = async (options: ById): Promise<{ sessions: Shown<SessionData>[] }> =>
    this.#core.soid({ ...options });
}

declare namespace RedisSessions {
  export type RedisSessionsOptions = Options;
  export type Session<SessionData extends Record<string, Value> = Record<string, Value>> = Shown<SessionData>;
}

export = RedisSessions;
