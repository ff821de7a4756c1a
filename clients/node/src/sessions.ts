// The commands as methods: objects in, objects out. The server applies all rules. This file only
// decides which node gets a command.

import { randomBytes } from "node:crypto";
import { type RedisClient, Sender } from "./clients.js";
import { dataText, type JsonObject } from "./data.js";
import { promised } from "./deliver.js";
import { idText } from "./id.js";
import type {
  CreateOptions,
  Ends,
  ListOptions,
  Page,
  RotateOptions,
  SaveOptions,
  Session,
  SessionWithoutData,
  SetOptions,
  SoidOptions,
} from "./session.js";
import { Words } from "./words.js";

export interface SessionsOptions {
  /** The namespace of the sessions, for example the site's name: 1 to 64 of `A-Z a-z 0-9 _ -`. */
  app: string;
}

function parsed(reply: unknown) {
  return reply === null ? null : JSON.parse(String(reply));
}

function isOne(reply: unknown): boolean {
  return Number(reply) === 1;
}

function numberOrNull(reply: unknown): number | null {
  return reply === null ? null : Number(reply);
}

function textOrNull(reply: unknown): string | null {
  return reply === null ? null : String(reply);
}

function sum(replies: unknown[]): number {
  return replies.reduce((total: number, reply) => total + Number(reply), 0);
}

/** The page that each node returns, from which the requested page is cut. */
function pageOfEach({ offset = 0, limit = -1 }: Page, isCluster: boolean): Page {
  if (!isCluster) return { offset, limit };
  return { offset: 0, limit: limit < 0 ? -1 : offset + limit };
}

function cut<T>(list: T[], { offset = 0, limit = -1 }: Page): T[] {
  return list.slice(offset, limit < 0 ? undefined : offset + limit);
}

/** One of each list in turn. */
function interleaved<T>(lists: T[][]): T[] {
  const longest = Math.max(...lists.map((list) => list.length));
  return Array.from({ length: longest }, (_, n) => lists.flatMap((list) => list.slice(n, n + 1))).flat();
}

export class Sessions<Data extends object = JsonObject> {
  readonly app: string;
  readonly #sender: Sender;

  constructor(client: RedisClient, options: SessionsOptions);
  /** @internal The entries of this package share one sender. */
  constructor(client: RedisClient | Sender, options: SessionsOptions);
  constructor(client: RedisClient | Sender, options: SessionsOptions) {
    const app = options?.app;
    if (typeof app !== "string" || !/^[\w-]{1,64}$/.test(app)) {
      throw new TypeError("app must be a string of 1 to 64 characters of A-Z a-z 0-9 _ -");
    }
    this.#sender = client instanceof Sender ? client : new Sender(client);
    this.app = app;
  }

  /** Whether the client is one of a cluster. */
  get isCluster(): boolean {
    return this.#sender.isCluster;
  }

  /**
   * Sends the command that `make` builds; `make` may throw for the data. The second argument of the
   * command is the key.
   */
  #send<Result>(make: () => Words, read: (reply: unknown) => Result): Promise<Result> {
    return promised(() => {
      const { list } = make();
      return this.#sender.at(String(list[2]), list, read);
    });
  }

  /** Creates a session and returns its token. With null as id the session is anonymous. */
  create(id: string | null, options: CreateOptions = {}): Promise<string> {
    // In a cluster the random text distributes anonymous sessions over the nodes.
    const nobody = () => (this.isCluster ? randomBytes(8).toString("hex") : "");
    const make = () =>
      new Words("SESSIONS.CREATE", this.app, id === null ? nobody() : idText(id))
        .flag("ANON", id === null)
        .client(options)
        .ends(options)
        .flag("NORESAVE", options.noResave)
        .max(options)
        .data(options.data);
    return this.#send(make, String);
  }

  /** Reads a session, counts the read and refreshes it. */
  get(token: string): Promise<Session<Data> | null> {
    return this.#sender.at(String(token), ["SESSIONS.GET", this.app, String(token), "JSON"], parsed);
  }

  /** Reads a session without counting or refreshing it. */
  peek(token: string): Promise<Session<Data> | null> {
    return this.#sender.at(String(token), ["SESSIONS.PEEK", this.app, String(token), "JSON"], parsed);
  }

  /** Merges the changes into the data: null removes a key, and other keys stay. */
  set(
    token: string,
    changes: { [Key in keyof Data]?: Data[Key] | null },
    options: SetOptions = {},
  ): Promise<Session<Data> | null> {
    const make = () =>
      new Words("SESSIONS.SET", this.app, String(token), dataText(changes))
        .option("IFW", options.ifW)
        .option("IFID", options.ifId)
        .ends(options)
        .flag("JSON", true);
    return this.#send(make, parsed);
  }

  /**
   * Saves all data of a session under a token that the caller has generated. Returns 2: created, 1:
   * written, 0: not allowed by `nx`, `xx` or `ifW`.
   */
  save(token: string, data: Data, options: SaveOptions = {}): Promise<0 | 1 | 2> {
    const make = () =>
      new Words("SESSIONS.SAVE", this.app, String(token), dataText(data))
        .flag("NX", options.nx)
        .flag("XX", options.xx)
        .owner(options.id)
        .client(options)
        .ends(options)
        .flag("NORESAVE", options.noResave)
        .max(options)
        .option("IFW", options.ifW);
    return this.#send(make, Number) as Promise<0 | 1 | 2>;
  }

  /** Adds to a number in the data and returns the sum. */
  incr(token: string, key: string & keyof Data, by = 1): Promise<number | null> {
    const words = ["SESSIONS.INCR", this.app, String(token), String(key), "BY", String(by)];
    return this.#sender.at(String(token), words, numberOrNull);
  }

  /** Refreshes a session without reading it. */
  touch(token: string, options: Pick<Ends, "ttl"> = {}): Promise<boolean> {
    const make = () => new Words("SESSIONS.TOUCH", this.app, String(token)).option("TTL", options.ttl);
    return this.#send(make, isOne);
  }

  exists(token: string): Promise<boolean> {
    return this.#sender.at(String(token), ["SESSIONS.EXISTS", this.app, String(token)], isOne);
  }

  /**
   * Replaces the session's token. With `id` (a log-in) the session gets that user. Returns the new
   * token, or null.
   */
  rotate(token: string, options: RotateOptions = {}): Promise<string | null> {
    const make = () =>
      new Words("SESSIONS.ROTATE", this.app, String(token))
        .owner(options.id)
        .option("GRACE", options.grace)
        .client(options)
        .ends(options)
        .max(options)
        .data(options.data);
    return this.#send(make, textOrNull);
  }

  /** Ends a session. */
  kill(token: string): Promise<boolean> {
    return this.#sender.at(String(token), ["SESSIONS.KILL", this.app, String(token)], isOne);
  }

  /**
   * Ends the sessions of an id: all of them, all except the one with the token `except`, or only
   * the one with the sid `only`.
   */
  killSoid(id: string, options: { except?: string; only?: string } = {}): Promise<number> {
    const make = () =>
      new Words("SESSIONS.KILLSOID", this.app, idText(id))
        .option("EXCEPT", options.except)
        .option("ONLY", options.only);
    return this.#send(make, Number);
  }

  /** Ends all sessions of the app. */
  async killAll(): Promise<number> {
    return sum(await this.#sender.everywhere(["SESSIONS.KILLALL", this.app]));
  }

  /** The sessions of an id, most recently active first. */
  soid(id: string, options: SoidOptions & { noData: true }): Promise<SessionWithoutData[]>;
  soid(id: string, options?: SoidOptions): Promise<Session<Data>[]>;
  soid(id: string, options: SoidOptions = {}): Promise<unknown> {
    const make = () =>
      new Words("SESSIONS.SOID", this.app, idText(id))
        .option("ONLY", options.only)
        .option("DT", options.dt)
        .flag("ASC", options.asc)
        .page(options)
        .flag("NODATA", options.noData)
        .flag("WITHTOKENS", options.withTokens)
        .flag("JSON", true);
    return this.#send(make, parsed);
  }

  /**
   * The sessions of the app that were active within `dt` seconds (0: no limit), most recently
   * active first.
   */
  async soapp(dt: number, options: ListOptions & { noData: true }): Promise<SessionWithoutData[]>;
  async soapp(dt: number, options?: ListOptions): Promise<Session<Data>[]>;
  async soapp(dt: number, options: ListOptions = {}): Promise<unknown> {
    const words = new Words("SESSIONS.SOAPP", this.app, String(dt)).page(pageOfEach(options, this.isCluster));
    words.flag("NODATA", options.noData).flag("WITHTOKENS", options.withTokens).flag("JSON", true);
    const lists = (await this.#sender.everywhere(words.list)).map(
      (reply) => parsed(reply) as Session<Data>[],
    );
    if (!this.isCluster) return lists[0];
    return cut(
      lists.flat().sort((one, other) => one.idle - other.idle),
      options,
    );
  }

  /** How many ids were active within `dt` seconds (0: no limit). */
  async activity(dt: number): Promise<number> {
    return sum(await this.#sender.everywhere(["SESSIONS.ACTIVITY", this.app, String(dt)]));
  }

  /** How many sessions the app has, or had within `dt` seconds. */
  async count(options: { dt?: number } = {}): Promise<number> {
    const words = new Words("SESSIONS.COUNT", this.app).option("DT", options.dt);
    return sum(await this.#sender.everywhere(words.list));
  }

  /** How many live sessions an id has. */
  countSoid(id: string, options: { dt?: number } = {}): Promise<number> {
    const make = () => new Words("SESSIONS.COUNTSOID", this.app, idText(id)).option("DT", options.dt);
    return this.#send(make, Number);
  }

  /**
   * The ids that were active within `dt` seconds; most recently active first (in a cluster, per
   * node).
   */
  async users(dt: number, options: Page = {}): Promise<string[]> {
    const words = new Words("SESSIONS.USERS", this.app, String(dt)).page(pageOfEach(options, this.isCluster));
    const lists = (await this.#sender.everywhere(words.list)) as string[][];
    return this.isCluster ? cut(interleaved(lists), options) : (lists[0] ?? []);
  }
}
