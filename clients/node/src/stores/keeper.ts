// What every framework's store does: reads a session, remembers what was read, and later stores what differs.
// A session that has ended meanwhile stays ended, and requests at once that change different keys lose nothing.

import { Sender } from "../clients.js";
import type { JsonObject } from "../data.js";
import { ConflictError, SessionsError } from "../errors.js";
import type { Session, SessionWithoutData } from "../session.js";
import { Sessions } from "../sessions.js";
import { Words } from "../words.js";
import { secondsLeft } from "./cookie.js";
import { applied, changes, type Fields, fieldsOf, objectText } from "./fields.js";
import { checkOptions, type Data, ownerOf, type StoreOptions } from "./options.js";
import { publicSid, tokenOf } from "./token.js";

/** What is known of the stored session that an object in the program was made of. */
export interface Loaded {
  readonly token: string;
  /** Nothing is stored yet. */
  isNew: boolean;
  /** It began in this request: nobody can have planted its id before. */
  readonly beganHere: boolean;
  /** The data that the object had when it was read or last stored. */
  fields: Fields;
  /** What was read and the framework does not have, because of its name; it stays. */
  readonly hidden: Fields;
  /** Whose session it is by that data. */
  owner: string | undefined;
  /** Whose session it is in the server; empty: nobody's. */
  storedId: string;
  /** The server's write counter; null if others have written what the object does not know. */
  w: number | null;
  ttl: number;
  /** Use does not extend it; another program made it so. */
  readonly isFixed: boolean;
  /** The write under way: a program may save again without waiting for it. */
  writing: Promise<unknown>;
}

/** What is to be stored. */
export interface Saving {
  fields: Fields;
  /** The same as an object, for the function `id`. */
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
    "A session without data was stored. With saveUninitialized: true every bot that passes by makes one.",
  );
}

const ignore = () => {};

/** Runs after the writes of the same object that are under way. */
function inTurn<Result>(loaded: Loaded | undefined, run: () => Promise<Result>): Promise<Result> {
  if (!loaded) return run();
  const result = loaded.writing.then(run);
  loaded.writing = result.catch(ignore);
  return result;
}

export class Keeper {
  readonly sessions: Sessions;
  readonly #ownerOf: (data: Data) => string | undefined;
  readonly #sender: Sender;
  readonly #options: StoreOptions;
  readonly #onEnded: (sid: string) => void;

  /** `onEnded` gets the public sid of a session that had ended before it was to be written. */
  constructor(options: StoreOptions, onEnded: (sid: string) => void) {
    checkOptions(options);
    this.#sender = new Sender(options.client);
    this.sessions = new Sessions(this.#sender, { app: options.app });
    this.#ownerOf = ownerOf(options, this.#sender.isCluster);
    this.#options = options;
    this.#onEnded = onEnded;
  }

  read(sid: string): Promise<Session | null> {
    return this.sessions.get(tokenOf(sid));
  }

  /** What is to be remembered of a session that was read; `data` is what the framework got. */
  loaded(
    sid: string,
    session: Session,
    data: object,
    fields = fieldsOf(data),
    hidden: Fields = new Map(),
  ): Loaded {
    const { id = "", w, ttl, no_resave: isFixed = false } = session;
    const owner = this.#ownerOf(data);
    return {
      ...this.fresh(sid),
      isNew: false,
      beganHere: false,
      fields,
      hidden,
      owner,
      storedId: id,
      w,
      ttl,
      isFixed,
    };
  }

  /** What is to be remembered of a session that does not exist yet. */
  fresh(sid: string): Loaded {
    return {
      token: tokenOf(sid),
      isNew: true,
      beganHere: true,
      fields: new Map(),
      hidden: new Map(),
      owner: undefined,
      storedId: "",
      w: null,
      ttl: 0,
      isFixed: false,
      writing: Promise.resolve(),
    };
  }

  /** Seconds until the session ends if it is not used: the cookie's, or the option ttl. */
  ttl(data: Data, cookie: { expires?: unknown; originalMaxAge?: unknown } | undefined): number {
    const { ttl = 86_400 } = this.#options;
    // The framework itself reports an `expires` that is no date.
    const left = cookie?.expires ? secondsLeft(cookie) : Number.NaN;
    const seconds = typeof ttl === "function" ? ttl(data) : Number.isNaN(left) ? ttl : left;
    if (typeof seconds !== "number" || Number.isNaN(seconds))
      throw new TypeError("ttl must be a number of seconds");
    return Math.min(Math.ceil(seconds), LONGEST);
  }

  async end(sid: string): Promise<void> {
    await this.sessions.kill(tokenOf(sid));
  }

  /** Makes it live for `ttl` seconds from now. Reading has refreshed it, so that there may be nothing to do. */
  refresh(sid: string, loaded: Loaded | undefined, ttl: number): Promise<void> {
    if (!(ttl > 0)) return this.end(sid);
    return inTurn(loaded, async () => {
      if (loaded?.isNew || loaded?.isFixed || loaded?.ttl === ttl) return;
      const isAlive = await this.sessions.touch(tokenOf(sid), { ttl });
      if (isAlive && loaded) loaded.ttl = ttl;
    });
  }

  /** Stores an object that was read, is new, or, without `loaded`, is of unknown origin. */
  write(sid: string, loaded: Loaded | undefined, saving: Saving): Promise<void> {
    if (!(saving.ttl > 0)) return this.end(sid);
    return inTurn(loaded, async () => {
      if (!loaded) await this.#create(tokenOf(sid), saving, this.#ownerOf(saving.data));
      else if (loaded.isNew) await this.#createFresh(loaded, saving);
      else await this.#writeLoaded(loaded, saving);
    });
  }

  async #createFresh(loaded: Loaded, saving: Saving): Promise<void> {
    const { fields, ttl } = saving;
    const owner = this.#ownerOf(saving.data);
    if (!(await this.#create(loaded.token, saving, owner, "NX"))) {
      throw new SessionsError("a session with this session id exists already", "EXISTS");
    }
    Object.assign(loaded, { isNew: false, fields, owner, storedId: owner ?? "", w: 1, ttl });
  }

  async #create(token: string, saving: Saving, owner: string | undefined, ...nx: "NX"[]): Promise<boolean> {
    const words = new Words("SAVE", this.sessions.app, token, objectText(saving.fields), ...nx);
    words.option("TTL", saving.ttl).client(saving).option("LIFETIME", this.#options.lifetime);
    this.#giveTo(words, owner);
    return Number(await this.#sender.at(token, words.list)) > 0;
  }

  #giveTo(words: Words, owner: string | undefined): void {
    if (owner !== undefined) words.option("ID", owner).max(this.#options);
  }

  async #writeLoaded(loaded: Loaded, saving: Saving): Promise<void> {
    const { fields, ttl } = saving;
    const owner = this.#ownerOf(saving.data);
    const changed = changes(loaded.fields, fields);
    const isSame = changed.size === 0 && owner === loaded.owner;
    if (isSame && (loaded.isFixed || ttl === loaded.ttl)) return;
    if (isSame) {
      if (!(await this.sessions.touch(loaded.token, { ttl }))) return this.#ended(loaded);
      loaded.ttl = ttl;
      return;
    }
    const hasNull = [...changed.values()].includes("null");
    const isWhole = owner !== loaded.owner || hasNull || fields.size === 0 || this.#options.merge === false;
    const isAlive = isWhole
      ? await this.#writeWhole(loaded, saving, changed, owner)
      : await this.#merge(loaded, ttl, changed);
    if (!isAlive) return this.#ended(loaded);
    Object.assign(loaded, { fields, owner, ttl });
  }

  async #merge(loaded: Loaded, ttl: number, changed: ReadonlyMap<string, string | null>): Promise<boolean> {
    const words = new Words("SET", this.sessions.app, loaded.token, objectText(changed));
    words.option("IFID", loaded.storedId);
    if (!loaded.isFixed && ttl !== loaded.ttl) words.option("TTL", ttl);
    const reply = await this.#sender.at(loaded.token, words.flag("JSON", true).list);
    if (reply === null) return false;
    const { w } = JSON.parse(String(reply)) as Session;
    loaded.w = loaded.w !== null && w === loaded.w + 1 ? w : null;
    return true;
  }

  async #writeWhole(
    loaded: Loaded,
    saving: Saving,
    changed: ReadonlyMap<string, string | null>,
    owner: string | undefined,
  ): Promise<boolean> {
    const isMerging = this.#options.merge !== false;
    let { w } = loaded;
    for (let tried = 1; ; tried++) {
      let whole = new Map([...loaded.hidden, ...saving.fields]);
      if (isMerging && w === null) {
        const stored = await this.sessions.peek(loaded.token);
        if (!stored || (stored.id ?? "") !== loaded.storedId) return false;
        whole = applied(changed, fieldsOf(stored.d));
        w = stored.w;
      }
      const words = new Words("SAVE", this.sessions.app, loaded.token, objectText(whole), "XX");
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
      "A log-in kept its session id: somebody who planted it in the browser before is now logged in too. Call regenerate at the log-in.",
    );
  }

  #ended(loaded: Loaded): void {
    if (this.#options.ended === "error") throw new SessionsError("the session has ended", "ENDED");
    this.#onEnded(publicSid(loaded.token));
  }

  /** A user's sessions, most recently active first: the devices. */
  sessionsOf(id: string | number): Promise<SessionWithoutData[]> {
    return this.sessions.soid(String(id), { noData: true });
  }

  /** Ends a user's other sessions; returns how many. */
  async endOthers(sid: string, data: Data): Promise<number> {
    const owner = this.#ownerOf(data);
    return owner === undefined ? 0 : this.sessions.killSoid(owner, { except: tokenOf(sid) });
  }

  /** Ends all sessions of a user, or the one with a sid; returns how many. */
  endAll(id: string | number, only?: string): Promise<number> {
    return this.sessions.killSoid(String(id), only === undefined ? {} : { only });
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
