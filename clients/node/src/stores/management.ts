// What the stores have in addition to their framework's interface: lists, and methods that end
// groups of sessions.

import { EventEmitter } from "node:events";
import type { JsonObject } from "../data.js";
import type { SessionWithoutData } from "../session.js";
import type { Sessions } from "../sessions.js";
import { Keeper, listed, sids } from "./keeper.js";
import type { StoreOptions } from "./options.js";

export abstract class ManagedStore extends EventEmitter {
  protected readonly keeper: Keeper;

  constructor(options: StoreOptions) {
    super();
    this.keeper = new Keeper(options, (sid) => this.emit("ended", { sid }));
  }

  /** The commands, for everything that the store does not do. */
  get sessions(): Sessions {
    return this.keeper.sessions;
  }

  /** The data of all sessions, each with its sid as `id`: session ids are not stored. */
  all(): Promise<(JsonObject & { id: string })[]> {
    return listed(this.keeper);
  }

  /** The sids of all sessions. */
  ids(): Promise<string[]> {
    return sids(this.keeper);
  }

  length(): Promise<number> {
    return this.sessions.count();
  }

  async clear(): Promise<void> {
    await this.sessions.killAll();
  }

  /** A user's sessions, most recently active first. */
  sessionsOf(id: string | number): Promise<SessionWithoutData[]> {
    return this.keeper.sessionsOf(id);
  }

  /** Ends all sessions of a user, or the one with a sid; returns how many. */
  endAll(id: string | number, options: { only?: string } = {}): Promise<number> {
    return this.keeper.endAll(id, options.only);
  }
}
