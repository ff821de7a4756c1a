// What a store remembers of a session between reading and storing it. Most requests store nothing, so what was read is
// kept as text, and parsed again when it is compared.

import type { JsonObject } from "../data.js";
import type { Session } from "../session.js";
import type { Changes } from "./fields.js";
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

  /** The session as it was read, whatever the program has done with it. */
  again(): Session {
    return JSON.parse(this.#text);
  }
}

/** Stored data: what the framework has of them, and what it does not have because of its name, which stays. */
export interface Was {
  readonly had: JsonObject;
  readonly hidden: JsonObject;
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
const NOTHING: Was = { had: {}, hidden: {} };

/** What is known of the stored session that an object in the program was made of. */
export class Loaded {
  readonly sid: string;
  readonly token: string;
  /** Nothing is stored yet. */
  isNew: boolean;
  /** It began in this request: nobody can have planted its id before. */
  readonly beganHere: boolean;
  /** Whose session it is by its data. */
  owner: string | undefined;
  /** Whose session it is in the server; empty: nobody's. */
  storedId: string;
  /** The server's write counter; null if others have written what the object does not know. */
  w: number | null;
  ttl: number;
  /** Use does not extend it; another program made it so. */
  readonly isFixed: boolean;
  /** The write under way: a program may save again without waiting for it. */
  writing: Promise<unknown> | undefined;
  #was: Made<Was>;

  private constructor(sid: string, token: string, known: Known, was: Made<Was>) {
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
  }

  /** Of a session that does not exist yet. */
  static fresh(sid: string): Loaded {
    return new Loaded(sid, tokenOf(sid), FRESH, NOTHING);
  }

  /** Of a session that was read; `was` makes the data as they were read. */
  static of({ sid, token, session }: Read, owner: string | undefined, was: () => Was): Loaded {
    const { id: storedId = "", w, ttl, no_resave: isFixed = false } = session;
    const known = { isNew: false, beganHere: false, owner, storedId, w, ttl, isFixed };
    return new Loaded(sid, token, known, was);
  }

  /** Of an object that was made of this one's; `make` makes its data of this one's, which it may change. */
  copy(make: (was: Was) => Was): Loaded {
    const was = this.#was;
    const own = () => (typeof was === "function" ? was() : { had: { ...was.had }, hidden: was.hidden });
    return new Loaded(this.sid, this.token, this, () => make(own()));
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
      const entries = [...changed].map(([name, text]) => [
        name,
        text === null ? undefined : JSON.parse(text),
      ]);
      return { had: { ...had, ...Object.fromEntries(entries) }, hidden };
    };
    this.owner = owner;
    this.ttl = ttl;
    this.isNew = false;
  }
}
