// The types of the arguments and results of the commands.

import type { JsonObject } from "./data.js";

/** A session as the server returns it. */
export interface Session<Data extends object = JsonObject> {
  /** Only with `withTokens`; also if the session was found by its old token during a grace. */
  token?: string;
  /** The sid names the session but gives no access to it. */
  sid: string;
  /** The user of the session; absent if it is anonymous. */
  id?: string;
  /** How often it was read and written. */
  r: number;
  w: number;
  /**
   * The number of seconds that the session may be idle; with `no_resave`, the seconds that are
   * left.
   */
  ttl: number;
  /** Seconds since the last use. */
  idle: number;
  ip?: string;
  ua?: string;
  /** Unix time in seconds. */
  created?: number;
  /** Unix time in seconds: the end that no use extends. */
  until?: number;
  no_resave?: true;
  d: Data;
  /** The stored text, where another program stored something other than a JSON object. */
  d_text?: string;
}

/** A session of a list that was read without data. */
export type SessionWithoutData = Omit<Session, "d" | "d_text">;

export interface Client {
  /** The address that the client came from. */
  ip?: string | undefined;
  /** The client's user agent. */
  ua?: string | undefined;
}

export interface Ends {
  /** The number of seconds that the session may be idle. */
  ttl?: number | undefined;
  /** Seconds from now after which the session ends, even if it is in use. */
  lifetime?: number | undefined;
}

export interface Limit {
  /** The maximum number of sessions of the id: the least recently active ones are killed. */
  max?: number | undefined;
  /** Refuse with LimitError instead. */
  reject?: boolean | undefined;
}

export interface CreateOptions extends Client, Ends, Limit {
  /** Use does not extend the session. */
  noResave?: boolean | undefined;
  data?: object | undefined;
}

export interface SetOptions extends Ends {
  /** Only if `w` is this number; otherwise ConflictError. */
  ifW?: number | undefined;
  /**
   * Only if the session belongs to this id (`""`: if it is anonymous); otherwise the result is
   * null.
   */
  ifId?: string | undefined;
}

export interface SaveOptions extends Client, Ends, Limit {
  /** Only create. */
  nx?: boolean | undefined;
  /** Only write a live session. */
  xx?: boolean | undefined;
  /** The id that owns the session from now on; null: anonymous. */
  id?: string | null | undefined;
  noResave?: boolean | undefined;
  ifW?: number | undefined;
}

export interface RotateOptions extends Client, Ends, Limit {
  /** The id that owns the session from now on; null: anonymous. */
  id?: string | null | undefined;
  /** Seconds for which the old token still names the session. */
  grace?: number | undefined;
  /** Merged into the data. */
  data?: object | undefined;
}

export interface Page {
  /** How many to skip. */
  offset?: number | undefined;
  /** How many to return; all of them by default. */
  limit?: number | undefined;
}

export interface ListOptions extends Page {
  noData?: boolean | undefined;
  withTokens?: boolean | undefined;
}

export interface SoidOptions extends ListOptions {
  /** Only the session with this sid. */
  only?: string | undefined;
  /** Only those active within this many seconds. */
  dt?: number | undefined;
  /** Least recently active first. */
  asc?: boolean | undefined;
}
