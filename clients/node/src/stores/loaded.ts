// What a store remembers of a session between reading and storing it. Most requests store nothing,
// so the session is kept as text, and split into the texts of its values when it is compared.

import type { Session } from "../session.js";
import { applied, type Changes, type Was } from "./fields.js";
import { textsOf } from "./texts.js";
import { tokenOf } from "./token.js";

/** A session that was read. */
export class Read {
  readonly sid: string;
  readonly token: string;
  readonly session: Session;
  readonly #text: string;

  constructor(sid: string, token: string, text: string) {
    this.sid = sid;
    this.token = token;
    this.session = JSON.parse(text);
    this.#text = text;
  }

  /** The data as they were read, regardless of what the program has done with them. */
  fields(): Map<string, string> {
    return textsOf(textsOf(this.#text).get("d") ?? "{}");
  }
}

type Made<Value> = Value | (() => Value);

function made<Value extends object>(value: Made<Value>): Value {
  return typeof value === "function" ? value() : value;
}

type Known = Pick<Loaded, "isNew" | "beganHere" | "owner" | "storedId" | "w" | "ttl" | "isFixed">;

const FRESH: Known = {
  isNew: true,
  beganHere: true,
  owner: undefined,
  storedId: "",
  w: null,
  ttl: 0,
  isFixed: false,
};
const NOTHING: Was = { had: new Map(), hidden: new Map() };

/** What is known of the stored session from which an object in the program was made. */
export class Loaded {
  readonly sid: string;
  readonly token: string;
  /** Nothing is stored yet. */
  isNew: boolean;
  /** The session began in this request, so no attacker can have planted its id. */
  readonly beganHere: boolean;
  /** The user of the session by its data. */
  owner: string | undefined;
  /** The id that owns the session on the server; empty: anonymous. */
  storedId: string;
  /**
   * The server's write counter; null if other clients have written data that the object does not
   * have.
   */
  w: number | null;
  ttl: number;
  /** Use does not extend the session: another program has set this. */
  readonly isFixed: boolean;
  /** The write in progress: a program may save again without waiting for it. */
  writing: Promise<unknown> | undefined;
  #was: Made<Was>;
  /** What was read, if nothing was stored since. */
  #read: Read | undefined;

  private constructor(sid: string, token: string, known: Known, was: Made<Was>, read?: Read) {
    this.sid = sid;
    this.token = token;
    this.isNew = known.isNew;
    this.beganHere = known.beganHere;
    this.owner = known.owner;
    this.storedId = known.storedId;
    this.w = known.w;
    this.ttl = known.ttl;
    this.isFixed = known.isFixed;
    this.writing = undefined;
    this.#was = was;
    this.#read = read;
  }

  /** For a session that does not exist yet. */
  static fresh(sid: string): Loaded {
    return new Loaded(sid, tokenOf(sid), FRESH, NOTHING);
  }

  /** For a session that was read; `was` returns the data as they were read. */
  static of(read: Read, owner: string | undefined, was: () => Was): Loaded {
    const { sid, token, session } = read;
    const { id: storedId = "", w, ttl, no_resave: isFixed = false } = session;
    const known = { isNew: false, beganHere: false, owner, storedId, w, ttl, isFixed };
    return new Loaded(sid, token, known, was, read);
  }

  /**
   * For an object that was made from this one's object; `make` returns its data for the stored
   * data.
   */
  copy(make: (fields: Map<string, string>) => Was): Loaded {
    const [was, read] = [this.#was, this.#read];
    return new Loaded(this.sid, this.token, this, () => make(read ? read.fields() : new Map(made(was).had)));
  }

  /** The data when they were read or last stored. */
  get was(): Was {
    this.#was = made(this.#was);
    return this.#was;
  }

  /** Remembers what was stored. */
  stored(changed: Changes, owner: string | undefined, ttl: number): void {
    const before = this.#was;
    this.#was = () => {
      const { had, hidden } = made(before);
      return { had: applied(changed, had), hidden };
    };
    this.#read = undefined;
    this.owner = owner;
    this.ttl = ttl;
    this.isNew = false;
  }
}
