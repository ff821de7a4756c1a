// The common part of all stores: it reads a session, remembers what was read, and later stores what
// differs. A session that has ended stays ended, and simultaneous requests that change different
// keys lose nothing.

import { Sender } from "../clients.js";
import type { JsonObject } from "../data.js";
import { ConflictError, SessionsError } from "../errors.js";
import type { SessionWithoutData } from "../session.js";
import { Sessions } from "../sessions.js";
import { Words } from "../words.js";
import { secondsLeft } from "./cookie.js";
import { applied, type Changes, changes, type Fields, fieldsOf, objectText, type Was } from "./fields.js";
import { Loaded, Read } from "./loaded.js";
import { checkOptions, type Data, ownerOf, type StoreOptions } from "./options.js";
import { publicSid, tokenOf } from "./token.js";

/** What is to be stored. */
export interface Saving {
  /** The top-level keys and their values. */
  stored: object;
  /** The text that is stored as the key `cookie` instead of that one. */
  cookie?: string | undefined;
  /** The program's session, for the function `id`. */
  data: Data;
  ttl: number;
  ip?: string | undefined;
  ua?: string | undefined;
}

const TRIES = 3;
const LONGEST = 315_360_000;

const warned = new Set<string>();

function warnOnce(code: string, text: string): void {
  if (warned.has(code)) return;
  warned.add(code);
  process.emitWarning(text, { type: "SessionsWarning", code });
}

export function warnUninitialized(): void {
  warnOnce(
    "SESSIONS_UNINITIALIZED",
    "A session without data was stored. With saveUninitialized: true every request of a bot creates one.",
  );
}

const ignore = () => {};
const NOTHING = Promise.resolve();

/** Runs after the writes of the same object that are in progress. */
function inTurn<Result>(loaded: Loaded | undefined, run: () => Promise<Result>): Promise<Result> {
  if (!loaded) return run();
  const result = loaded.writing ? loaded.writing.then(run) : run();
  loaded.writing = result.catch(ignore);
  return result;
}

export class Keeper {
  readonly sessions: Sessions;
  readonly #ownerOf: (data: Data) => string | undefined;
  readonly #sender: Sender;
  readonly #options: StoreOptions;
  readonly #onEnded: (sid: string) => void;

  /** `onEnded` gets the public sid of a session that had ended before it was written. */
  constructor(options: StoreOptions, onEnded: (sid: string) => void) {
    checkOptions(options);
    this.#sender = new Sender(options.client);
    this.sessions = new Sessions(this.#sender, { app: options.app });
    this.#ownerOf = ownerOf(options, this.#sender.isCluster);
    this.#options = options;
    this.#onEnded = onEnded;
  }

  /** Reads a session; the result is what `take` returns for it. */
  read<Result>(sid: string, take: (read: Read | null) => Result | Promise<Result>): Promise<Result> {
    const token = tokenOf(sid);
    const words = ["SESSIONS.GET", this.sessions.app, token, "JSON"];
    return this.#sender.at(token, words, (reply) =>
      take(reply === null ? null : new Read(sid, token, String(reply))),
    );
  }

  /** What is remembered of a session that was read; `data` is what the framework got. */
  loaded(read: Read, data: object, was: () => Was): Loaded {
    return Loaded.of(read, this.#ownerOf(data), was);
  }

  /** Seconds until the session ends if it is not used: the cookie's, or the option ttl. */
  ttl(data: Data, cookie: { expires?: unknown; originalMaxAge?: unknown } | undefined): number {
    const { ttl = 86_400 } = this.#options;
    // The framework itself reports an `expires` that is not a date.
    const left = cookie?.expires ? secondsLeft(cookie) : Number.NaN;
    const seconds = typeof ttl === "function" ? ttl(data) : Number.isNaN(left) ? ttl : left;
    if (typeof seconds !== "number" || Number.isNaN(seconds))
      throw new TypeError("ttl must be a number of seconds");
    return Math.min(Math.ceil(seconds), LONGEST);
  }

  async end(sid: string): Promise<void> {
    await this.sessions.kill(tokenOf(sid));
  }

  /**
   * Extends the session to `ttl` seconds from now. Reading has refreshed it, so often nothing is
   * sent.
   */
  refresh(sid: string, loaded: Loaded | undefined, ttl: number): Promise<void> {
    if (!(ttl > 0)) return this.end(sid);
    const isDone = () => loaded !== undefined && (loaded.isNew || loaded.isFixed || loaded.ttl === ttl);
    if (!loaded?.writing && isDone()) return NOTHING;
    return inTurn(loaded, async () => {
      if (isDone()) return;
      const isAlive = await this.sessions.touch(loaded?.token ?? tokenOf(sid), { ttl });
      if (isAlive && loaded) loaded.ttl = ttl;
    });
  }

  /** Stores an object that was read, is new or, if `loaded` is undefined, is of unknown origin. */
  write(sid: string, loaded: Loaded | undefined, saving: Saving): Promise<void> {
    if (!(saving.ttl > 0)) return this.end(sid);
    // The program may change the object while the write waits for its turn.
    if (loaded?.writing) saving.stored = JSON.parse(objectText(fieldsOf(saving.stored, saving.cookie)));
    return inTurn(loaded, () => {
      if (!loaded) return this.#createUnknown(sid, saving);
      return loaded.isNew ? this.#createFresh(loaded, saving) : this.#writeLoaded(loaded, saving);
    });
  }

  async #createUnknown(sid: string, saving: Saving): Promise<void> {
    const fields = fieldsOf(saving.stored, saving.cookie);
    await this.#create(tokenOf(sid), fields, saving, this.#ownerOf(saving.data));
  }

  async #createFresh(loaded: Loaded, saving: Saving): Promise<void> {
    const owner = this.#ownerOf(saving.data);
    const fields = fieldsOf(saving.stored, saving.cookie);
    if (!(await this.#create(loaded.token, fields, saving, owner, "NX"))) {
      throw new SessionsError("a session with this session id already exists", "EXISTS");
    }
    loaded.storedId = owner ?? "";
    loaded.w = 1;
    loaded.stored(fields, owner, saving.ttl);
  }

  #create(
    token: string,
    fields: Fields,
    saving: Saving,
    owner: string | undefined,
    ...nx: "NX"[]
  ): Promise<boolean> {
    const words = new Words("SESSIONS.SAVE", this.sessions.app, token, objectText(fields), ...nx);
    words.option("TTL", saving.ttl).client(saving).option("LIFETIME", this.#options.lifetime);
    this.#giveTo(words, owner);
    return this.#sender.at(token, words.list, (reply) => Number(reply) > 0);
  }

  #giveTo(words: Words, owner: string | undefined): void {
    if (owner !== undefined) words.option("ID", owner).max(this.#options);
  }

  async #writeLoaded(loaded: Loaded, saving: Saving): Promise<void> {
    const { stored, cookie, ttl } = saving;
    const owner = this.#ownerOf(saving.data);
    const changed = changes(loaded.was.had, stored, cookie);
    const isSame = changed.size === 0 && owner === loaded.owner;
    if (isSame && (loaded.isFixed || ttl === loaded.ttl)) return;
    if (isSame) {
      if (!(await this.sessions.touch(loaded.token, { ttl }))) return this.#ended(loaded);
      loaded.ttl = ttl;
      return;
    }
    let hasNull = false;
    for (const text of changed.values()) hasNull ||= text === "null";
    const isEmpty = Object.keys(stored).length === 0;
    const isWhole = owner !== loaded.owner || hasNull || isEmpty || this.#options.merge === false;
    const isAlive = isWhole
      ? await this.#writeWhole(loaded, saving, changed, owner)
      : await this.#merge(loaded, ttl, changed);
    if (!isAlive) return this.#ended(loaded);
    loaded.stored(changed, owner, ttl);
  }

  #merge(loaded: Loaded, ttl: number, changed: Changes): Promise<boolean> {
    const words = new Words("SESSIONS.SET", this.sessions.app, loaded.token, objectText(changed));
    words.option("IFID", loaded.storedId);
    if (!loaded.isFixed && ttl !== loaded.ttl) words.option("TTL", ttl);
    return this.#sender.at(loaded.token, words.flag("JSON", true).list, (reply) => {
      if (reply === null) return false;
      // Only this field of the session is required. Quotes within an earlier text have a backslash.
      const w = Number(/"w":(\d+)/.exec(String(reply))?.[1]);
      loaded.w = loaded.w !== null && w === loaded.w + 1 ? w : null;
      return true;
    });
  }

  async #writeWhole(
    loaded: Loaded,
    saving: Saving,
    changed: Changes,
    owner: string | undefined,
  ): Promise<boolean> {
    const isMerging = this.#options.merge !== false;
    let { w } = loaded;
    for (let tried = 1; ; tried++) {
      let whole = new Map([...loaded.was.hidden, ...fieldsOf(saving.stored, saving.cookie)]);
      if (isMerging && w === null) {
        const stored = await this.sessions.peek(loaded.token);
        if (!stored || (stored.id ?? "") !== loaded.storedId) return false;
        whole = applied(changed, fieldsOf(stored.d));
        w = stored.w;
      }
      const words = new Words("SESSIONS.SAVE", this.sessions.app, loaded.token, objectText(whole), "XX");
      if (!loaded.isFixed) words.option("TTL", saving.ttl);
      if (isMerging) words.option("IFW", w);
      if (owner !== loaded.owner) this.#changeOwner(words, loaded, owner);
      try {
        if (Number(await this.#sender.at(loaded.token, words.list)) === 0) return false;
      } catch (error) {
        if (!(error instanceof ConflictError) || tried === TRIES) throw error;
        w = null;
        continue;
      }
      loaded.w = w === null ? null : w + 1;
      if (owner !== loaded.owner) loaded.storedId = owner ?? "";
      return true;
    }
  }

  #changeOwner(words: Words, loaded: Loaded, owner: string | undefined): void {
    if (owner === undefined) {
      words.flag("ANON", true);
      return;
    }
    this.#giveTo(words, owner);
    words.option("LIFETIME", this.#options.lifetime);
    if (loaded.beganHere || loaded.owner !== undefined) return;
    warnOnce(
      "SESSIONS_FIXATION",
      "A log-in kept the session id. An attacker who set that id in the browser is now logged in too. Call regenerate during the log-in.",
    );
  }

  #ended(loaded: Loaded): void {
    if (this.#options.ended === "error") throw new SessionsError("the session has ended", "ENDED");
    this.#onEnded(publicSid(loaded.token));
  }

  /** A user's sessions, most recently active first. */
  sessionsOf(id: string | number): Promise<SessionWithoutData[]> {
    return this.sessions.soid(id as string, { noData: true });
  }

  /** Ends a user's other sessions; returns how many. `loaded` is what is known of the session. */
  async endOthers(sid: string, data: Data, loaded: Loaded | undefined): Promise<number> {
    // If another framework has logged the user in, only the server knows which user the session
    // belongs to.
    const stored = loaded?.owner === undefined ? loaded?.storedId : undefined;
    const owner = this.#ownerOf(data) ?? stored;
    return owner ? this.sessions.killSoid(owner, { except: tokenOf(sid) }) : 0;
  }

  /** Ends all sessions of a user, or the one with a sid; returns how many. */
  endAll(id: string | number, only?: string): Promise<number> {
    return this.sessions.killSoid(id as string, only === undefined ? {} : { only });
  }
}

/** All sessions of the app as the frameworks' `all()` gives them, each with its sid as `id`. */
export async function listed(keeper: Keeper): Promise<(JsonObject & { id: string })[]> {
  const sessions = await keeper.sessions.soapp(0);
  return sessions.map(({ d, sid }) => ({ ...d, id: sid }));
}

/** The sids of all sessions of the app. */
export async function sids(keeper: Keeper): Promise<string[]> {
  return (await keeper.sessions.soapp(0, { noData: true })).map(({ sid }) => sid);
}
