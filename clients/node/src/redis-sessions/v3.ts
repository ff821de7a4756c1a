// Drop-in for redis-sessions 3.0.0 and 2.1.0: callbacks, `{}` for what is not there, an EventEmitter.

import { EventEmitter } from "node:events";
import { Core, type RedisSessionsOptions as Options, type Session as Shown } from "./core.js";
import { check, type Parameters } from "./rules.js";

type Callback<Reply> = (error: Error | null, reply?: Reply) => void;
type MaybeSession = Shown | Record<string, never>;

class RedisSessions extends EventEmitter {
  /** For `import` of a CommonJS module. */
  static readonly default = RedisSessions;
  readonly redis: unknown;
  connected = false;
  readonly #core: Core<Record<string, string | number | boolean>>;

  constructor(options: Options = {}) {
    super();
    if (options.client && options.cachetime) {
      process.emitWarning("Caching is disabled. Must not supply `client` option", { code: "SESSIONS_CACHE" });
    }
    this.#core = new Core(options, (client) => this.#watch(client));
    this.redis = this.#core.client;
    const { isReady, status } = this.redis as { isReady?: boolean; status?: string };
    this.connected = isReady === true || status === "ready";
  }

  #watch(client: { on(event: string, listener: () => void): unknown }): void {
    client.on("ready", () => {
      this.connected = true;
      this.emit("connect");
    });
    client.on("error", () => {
      this.connected = false;
      this.emit("disconnect");
    });
  }

  /**
   * Wrong arguments are reported at once, as the original does. A reply comes from outside of the promise, so that
   * what the callback throws is an uncaught exception and no unhandled rejection.
   */
  #answer<Reply>(
    options: Parameters,
    items: string[],
    run: (options: Parameters) => Promise<Reply>,
    callback: Callback<Reply> = () => {},
  ): void {
    try {
      check(options, items);
    } catch (error) {
      callback(error as Error);
      return;
    }
    run({ ...options }).then(
      (reply) => process.nextTick(callback, null, reply),
      (error) => process.nextTick(callback, error),
    );
  }

  activity = (options: Parameters, callback?: Callback<{ activity: number }>): void =>
    this.#answer(options, ["app", "dt"], (given) => this.#core.activity(given, "dt"), callback);

  create = (options: Parameters, callback?: Callback<{ token: string }>): void => {
    const items = ["app", "id", "ip", "ttl", ...(options.d ? ["d"] : [])];
    const run = (given: Parameters) => this.#core.create({ ...given, no_resave: given.no_resave === true });
    this.#answer(options, items, run, callback);
  };

  get = (options: Parameters, callback?: Callback<MaybeSession>): void =>
    this.#answer(options, ["app", "token"], async (given) => (await this.#core.get(given)) ?? {}, callback);

  kill = (options: Parameters, callback?: Callback<{ kill: number }>): void =>
    this.#answer(options, ["app", "token"], (given) => this.#core.kill(given), callback);

  killall = (options: Parameters, callback?: Callback<{ kill: number }>): void =>
    this.#answer(options, ["app"], (given) => this.#core.killall(given), callback);

  killsoid = (options: Parameters, callback?: Callback<{ kill: number }>): void =>
    this.#answer(options, ["app", "id"], (given) => this.#core.killsoid(given), callback);

  ping = (callback?: Callback<string>): void => this.#answer({}, [], () => this.#core.ping(), callback);

  quit = (): void => {
    this.#core.quit().catch(() => {}); // It is closed already.
  };

  set = (options: Parameters, callback?: Callback<MaybeSession>): void =>
    this.#answer(
      options,
      ["app", "token", "d"],
      async (given) => (await this.#core.set(given)) ?? {},
      callback,
    );

  soapp = (options: Parameters, callback?: Callback<{ sessions: Shown[] }>): void =>
    this.#answer(options, ["app", "dt"], (given) => this.#core.soapp(given, "dt"), callback);

  soid = (options: Parameters, callback?: Callback<{ sessions: Shown[] }>): void =>
    this.#answer(options, ["app", "id"], (given) => this.#core.soid(given), callback);
}

declare namespace RedisSessions {
  export type RedisSessionsOptions = Options;
  export type Session = Shown;
}

export = RedisSessions;
