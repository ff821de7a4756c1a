// Drop-in for redis-sessions 3.0.0 and 2.1.0: callbacks, `{}` for a missing session, and an
// EventEmitter.

import { EventEmitter } from "node:events";
import { deliver } from "../deliver.js";
import { Core, type RedisSessionsOptions as Options, type Session as Shown } from "./core.js";
import type { Parameters } from "./rules.js";

type Callback<Reply> = (error: Error | null, reply?: Reply) => void;
type MaybeSession = Shown | Record<string, never>;

function orEmpty(found: Promise<Shown | null>): Promise<MaybeSession> {
  return found.then((session) => session ?? {});
}

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

  /** Wrong arguments are reported immediately, as in the original. */
  #answer<Reply>(run: () => Promise<Reply>, callback: Callback<Reply> = () => {}): void {
    let reply: Promise<Reply>;
    try {
      reply = run();
    } catch (error) {
      callback(error as Error);
      return;
    }
    deliver(reply, callback);
  }

  activity = (options: Parameters, callback?: Callback<{ activity: number }>): void =>
    this.#answer(() => this.#core.activity({ ...options }, "dt"), callback);

  create = (options: Parameters, callback?: Callback<{ token: string }>): void => {
    const run = () => this.#core.create({ ...options, no_resave: options.no_resave === true });
    this.#answer(run, callback);
  };

  get = (options: Parameters, callback?: Callback<MaybeSession>): void =>
    this.#answer(() => orEmpty(this.#core.get({ ...options })), callback);

  kill = (options: Parameters, callback?: Callback<{ kill: number }>): void =>
    this.#answer(() => this.#core.kill({ ...options }), callback);

  killall = (options: Parameters, callback?: Callback<{ kill: number }>): void =>
    this.#answer(() => this.#core.killall({ ...options }), callback);

  killsoid = (options: Parameters, callback?: Callback<{ kill: number }>): void =>
    this.#answer(() => this.#core.killsoid({ ...options }), callback);

  ping = (callback?: Callback<string>): void => this.#answer(() => this.#core.ping(), callback);

  quit = (): void => {
    this.#core.quit().catch(() => {}); // It is closed already.
  };

  set = (options: Parameters, callback?: Callback<MaybeSession>): void =>
    this.#answer(() => orEmpty(this.#core.set({ ...options })), callback);

  soapp = (options: Parameters, callback?: Callback<{ sessions: Shown[] }>): void =>
    this.#answer(() => this.#core.soapp({ ...options }, "dt"), callback);

  soid = (options: Parameters, callback?: Callback<{ sessions: Shown[] }>): void =>
    this.#answer(() => this.#core.soid({ ...options }), callback);
}

declare namespace RedisSessions {
  export type RedisSessionsOptions = Options;
  export type Session = Shown;
}

export = RedisSessions;
