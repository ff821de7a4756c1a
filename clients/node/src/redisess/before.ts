// The sessions that redisess itself has stored in the same server. Each is moved at its next use,
// so that no user is logged out. Before that it can be ended like any other session.

import { unzipSync } from "node:zlib";
import type { Sender } from "../clients.js";
import type { Sessions } from "../sessions.js";
import { tokenOf } from "./ids.js";
import { FOREVER } from "./session.js";
import { encoded } from "./values.js";

type Texts = Record<string, string>;

/** A hash, which some clients and protocols return as a list of names and values. */
function texts(reply: unknown): Texts {
  if (!Array.isArray(reply)) return { ...(reply as Texts) };
  return Object.fromEntries(reply.flatMap((name, n) => (n % 2 === 0 ? [[name, reply[n + 1]]] : [])));
}

/** The value that redisess has written as a letter for the type, followed by a text. */
function value(written: string): unknown {
  const text = written.slice(1);
  const number = Number(text);
  switch (written[0]) {
    case "n":
      return Number.isFinite(number) ? number : null;
    case "d":
      return new Date(text);
    case "b":
      return Buffer.from(text, "base64");
    case "o":
      return JSON.parse(unzipSync(Buffer.from(text, "base64")).toString());
    default:
      return text;
  }
}

export class Before {
  readonly #sender: Sender;
  readonly #sessions: Sessions;
  readonly #namespace: string;
  readonly #additionalFields: readonly string[];

  /** `namespace` is that of redisess. */
  constructor(sender: Sender, sessions: Sessions, namespace: string, additionalFields: readonly string[]) {
    this.#sender = sender;
    this.#sessions = sessions;
    this.#namespace = namespace;
    this.#additionalFields = additionalFields;
  }

  #run(command: string, name: string, ...words: string[]): Promise<unknown> {
    const key = `${this.#namespace}:${name}`;
    return this.#sender.at(key, [command, key, ...words]);
  }

  /**
   * The stored session; null if there is no such session or it has timed out. redisess removes
   * timed-out sessions later.
   */
  async #read(sessionId: string): Promise<Texts | null> {
    const found = texts(await this.#run("HGETALL", `sess_${sessionId}`));
    const expires = Number(found.ex);
    return found.us && !(expires > 0 && expires <= Date.now() / 1000) ? found : null;
  }

  #data(found: Texts): Record<string, unknown> {
    const fields = this.#additionalFields.flatMap((name, n) =>
      found[`f${n}`] ? [[name, found[`f${n}`]]] : [],
    );
    const names = Object.keys(found).filter((name) => name.startsWith("$"));
    const values = names.map((name) => [name.slice(1), encoded(value(found[name] ?? ""))]);
    return Object.fromEntries([...fields, ...values]);
  }

  /** Moves a session. */
  async move(sessionId: string): Promise<void> {
    const found = await this.#read(sessionId);
    if (!found) return;
    const token = tokenOf(sessionId);
    const ttl = Math.min(Math.ceil(Number(found.ttl)) || FOREVER, FOREVER);
    const saved = await this.#sessions.save(token, this.#data(found) as never, {
      nx: true,
      id: found.us,
      ttl,
    });
    if (saved === 0) return; // Another request has moved it.
    // A session that another request has moved and ended since then is not restored.
    if (!(await this.#remove(sessionId, found.us ?? ""))) await this.#sessions.kill(token);
  }

  /** Whether it was there. */
  async #remove(sessionId: string, userId: string): Promise<boolean> {
    const removed = await this.#run("DEL", `sess_${sessionId}`);
    await Promise.all([
      this.#run("ZREM", "ACTIVITY", sessionId),
      this.#run("ZREM", "EXPIRES", sessionId),
      this.#run("ZREM", `user_${userId}`, sessionId),
    ]);
    if (Number(await this.#run("ZCARD", `user_${userId}`)) === 0) await this.#run("ZREM", "USERS", userId);
    return Number(removed) === 1;
  }

  async exists(sessionId: string): Promise<boolean> {
    return (await this.#read(sessionId)) !== null;
  }

  async kill(sessionId: string): Promise<void> {
    const userId = await this.#run("HGET", `sess_${sessionId}`, "us");
    if (userId !== null) await this.#remove(sessionId, String(userId));
  }

  async #killAllOf(name: string): Promise<void> {
    for (const sessionId of (await this.#run("ZRANGE", name, "0", "-1")) as string[])
      await this.kill(sessionId);
  }

  killUser(userId: string): Promise<void> {
    return this.#killAllOf(`user_${userId}`);
  }

  killAll(): Promise<void> {
    return this.#killAllOf("ACTIVITY");
  }
}
