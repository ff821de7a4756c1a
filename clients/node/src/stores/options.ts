// The options that all stores have.

import type { RedisClient } from "../clients.js";
import { idOrNobody, idText } from "../id.js";

// biome-ignore lint/suspicious/noExplicitAny: the data of the user's own site
export type Data = any;

export interface StoreOptions {
  /** Your own client, connected by you. */
  client: RedisClient;
  /** The namespace of the sessions: 1 to 64 of `A-Z a-z 0-9 _ -`. */
  app: string;
  /**
   * Seconds without use after which a session ends, if the cookie has no maxAge; 86400 by default.
   */
  ttl?: number | ((session: Data) => number) | undefined;
  /**
   * Seconds after which a session ends even if it is in use, counted from its start and from a
   * log-in.
   */
  lifetime?: number | undefined;
  /**
   * Returns the user of the session from its data; by default the user that passport keeps. When
   * the user changes, the session moves to the new user. false: sessions have no user.
   */
  id?: ((session: Data) => string | number | null | undefined) | false | undefined;
  /** The maximum number of sessions per user: a log-in ends the least recently active ones. */
  max?: number | undefined;
  /** Refuse the log-in instead, with LimitError. */
  reject?: boolean | undefined;
  /**
   * Whether a request stores only the keys that it has changed, so that simultaneous requests lose
   * nothing; true by default.
   */
  merge?: boolean | undefined;
  /**
   * What happens when a session is written that has ended: an event `ended`, or an error with the
   * code ENDED.
   */
  ended?: "event" | "error" | undefined;
}

type Id = (session: Data) => string | undefined;

/** Checks what the site's own function returns: an object would find anonymous sessions. */
function given(value: unknown): string | undefined {
  const isNobody = value === undefined || value === null || value === false || value === "";
  return isNobody ? undefined : idText(value, "what the function `id` returns");
}

/** The function that finds which user a session belongs to. */
export function ownerOf({ id }: StoreOptions, isCluster: boolean): Id {
  if (isCluster && id) {
    throw new TypeError(
      "`id` cannot be used in a cluster: the session's token is derived from the framework's session id, so it is in " +
        "another hash slot than the user's sessions",
    );
  }
  if (id === false || isCluster) return () => undefined;
  if (id) return (session) => given(id(session));
  return (session) => idOrNobody(session?.passport?.user);
}

export function checkOptions(options: StoreOptions): void {
  const { ttl, lifetime, max } = options;
  const numbers = { ttl: typeof ttl === "function" ? undefined : ttl, lifetime, max };
  for (const [name, value] of Object.entries(numbers)) {
    if (value !== undefined && !(Number.isInteger(value) && value > 0)) {
      throw new TypeError(`${name} must be a whole number above 0`);
    }
  }
  if (options.reject && max === undefined) throw new TypeError("reject requires max");
}
