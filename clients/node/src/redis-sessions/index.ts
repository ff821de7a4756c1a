// Drop-in for redis-sessions 4.0.0: promises, and null for a missing session.

import { promised } from "../deliver.js";
import { Core, type RedisSessionsOptions as Options, type Session as Shown, type Value } from "./core.js";

type ByApp = { app: string };
type ByToken = ByApp & { token: string };
type ById = ByApp & { id: string };
type ByTime = ByApp & { deltaTime: number };

const ignore = () => {}; // The commands report it, and the client connects again.

class RedisSessions<SessionData extends Record<string, Value> = Record<string, Value>> {
  /**
   * With this property `require("…").default` and `import` of a CommonJS module return the class,
   * as with the original.
   */
  static readonly default = RedisSessions;
  readonly #core: Core<SessionData>;

  constructor(redisSessionsOptions: Options = {}) {
    this.#core = new Core(redisSessionsOptions ?? {}, (client) => {
      if (!redisSessionsOptions?.client) client.on("error", ignore);
    });
  }

  // Each method is bound, so that it can be passed as a function.

  activity = (options: ByTime): Promise<{ activity: number }> =>
    promised(() => this.#core.activity(options, "deltaTime"));

  create = (
    options: ById & { ip: string; ttl?: number; d?: SessionData; no_resave?: boolean },
  ): Promise<{ token: string }> => promised(() => this.#core.create(options));

  get = (
    options: ByToken & { _noupdate?: boolean; _nocache?: boolean },
  ): Promise<Shown<SessionData> | null> => promised(() => this.#core.get(options));

  kill = (options: ByToken): Promise<{ kill: number }> => promised(() => this.#core.kill(options));

  killall = (options: ByApp): Promise<{ kill: number }> => promised(() => this.#core.killall(options));

  killsoid = (options: ById): Promise<{ kill: number }> => promised(() => this.#core.killsoid(options));

  ping = (): Promise<string> => this.#core.ping();

  quit = (): Promise<void> => this.#core.quit();

  set = (
    options: ByToken & { d: { [Key in keyof SessionData]?: SessionData[Key] | null }; no_resave?: boolean },
  ): Promise<Shown<SessionData> | null> => promised(() => this.#core.set(options));

  soapp = (options: ByTime): Promise<{ sessions: Shown<SessionData>[] }> =>
    promised(() => this.#core.soapp(options, "deltaTime"));

  soid = (options: ById): Promise<{ sessions: Shown<SessionData>[] }> =>
    promised(() => this.#core.soid(options));
}

declare namespace RedisSessions {
  export type RedisSessionsOptions = Options;
  export type Session<SessionData extends Record<string, Value> = Record<string, Value>> = Shown<SessionData>;
}

export = RedisSessions;
