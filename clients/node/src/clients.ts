// The clients that can be given to this package, and how each sends a command to the node of a key
// and to all primaries. They are distinguished by their methods. This file loads neither library,
// so the application's own version and settings apply.

import { randomInt } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { NoModuleError, type SessionsError, TryAgainError, UnavailableError } from "./errors.js";
import { translated } from "./translate.js";

/** A client, a pool or a sentinel client of node-redis. */
export interface NodeRedisClient {
  readonly isOpen: boolean;
  // biome-ignore lint/suspicious/noExplicitAny: the libraries' generic signatures differ between versions
  sendCommand(...args: any[]): Promise<unknown>;
}

/** A cluster client of node-redis. */
export interface NodeRedisCluster extends NodeRedisClient {
  // biome-ignore lint/suspicious/noExplicitAny: the type of a node depends on the client's modules
  readonly masters: any[];
  // biome-ignore lint/suspicious/noExplicitAny: as above
  nodeClient(node: any): any;
}

/** `Redis` or `Cluster` of ioredis. */
export interface IoRedisClient {
  readonly isCluster: boolean;
  // biome-ignore lint/suspicious/noExplicitAny: the library's overloads
  call(...args: any[]): Promise<unknown>;
  // biome-ignore lint/suspicious/noExplicitAny: the library's own class
  sendCommand(command: any): unknown;
}

export type RedisClient = NodeRedisClient | NodeRedisCluster | IoRedisClient;

type Words = readonly string[];

/** Sends commands to the server or servers. */
interface Route {
  /** Sends to the node of the key, the command's second argument. */
  at(key: string, words: Words): Promise<unknown>;
  /** Sends to every primary. */
  everywhere(words: Words): Promise<unknown>[] | Promise<Promise<unknown>[]>;
  readonly isCluster: boolean;
}

// Replies are read as strings and numbers, regardless of the type mapping that the application has
// set.
const PLAIN = { typeMapping: undefined };

interface WithOptions {
  options?: { commandOptions?: { typeMapping?: unknown } };
  /** What `withTypeMapping` sets. */
  _commandOptions?: { typeMapping?: unknown };
}

/** Whether PLAIN is needed: options of a command take as long as a third of the command. */
function hasTypeMapping({ options, _commandOptions }: WithOptions): boolean {
  if (options === undefined) return true;
  return options.commandOptions?.typeMapping !== undefined || _commandOptions?.typeMapping !== undefined;
}

type Raw = (...args: unknown[]) => Promise<unknown>;

function one(send: (words: Words) => Promise<unknown>): Route {
  return { at: (_key, words) => send(words), everywhere: (words) => [send(words)], isCluster: false };
}

function nodeRedisCluster(client: NodeRedisCluster): Route {
  const send = client.sendCommand.bind(client) as Raw;
  return {
    isCluster: true,
    at: (key, words) => send(key, false, words, PLAIN),
    // The other nodes get the command even if one node is unreachable.
    everywhere: (words) =>
      client.masters.map(async (node) => (await client.nodeClient(node)).sendCommand(words, PLAIN)),
  };
}

interface IoCommand {
  getKeys(): string[];
}

interface IoCluster extends IoRedisClient {
  readonly options: object;
  readonly status: string;
  nodes(role: "master"): IoRedisClient[];
}

// ioredis does not know where the key of a module's command is. `call` on this object makes the
// command without sending it. The library's class is not loaded, because the application may have
// another copy of it.
function ioCommandMaker(client: IoCluster): (words: Words) => IoCommand {
  const maker = Object.create(client, {
    options: { value: Object.assign(Object.create(client.options), { enableAutoPipelining: false }) },
    sendCommand: { value: (command: IoCommand) => command },
  });
  return (words) => maker.call(...words);
}

/** Resolves when the slots are known; a client that was created with lazyConnect is connected. */
async function ready(client: IoCluster): Promise<void> {
  if (client.status === "ready") return;
  // PING is a command that the client itself queues until it is ready or gives up.
  await client.call("PING");
}

function ioCluster(client: IoCluster): Route {
  const command = ioCommandMaker(client);
  return {
    isCluster: true,
    at: (key, words) => {
      const made = command(words);
      made.getKeys = () => [key];
      return client.sendCommand(made) as Promise<unknown>;
    },
    everywhere: async (words) => {
      await ready(client);
      return client.nodes("master").map((node) => node.call(...words));
    },
  };
}

function has(client: object, method: string): boolean {
  return typeof (client as Record<string, unknown>)[method] === "function";
}

function route(client: unknown): Route {
  if (typeof client === "object" && client !== null && has(client, "sendCommand")) {
    if (has(client, "call") && "isCluster" in client) {
      if (client.isCluster) return ioCluster(client as IoCluster);
      const call = (client as IoRedisClient).call.bind(client) as Raw;
      return one((words) => call(...words));
    }
    if ("isOpen" in client) {
      const send = (client as NodeRedisClient).sendCommand.bind(client) as Raw;
      if ("masters" in client && has(client, "nodeClient"))
        return nodeRedisCluster(client as NodeRedisCluster);
      if (has(client, "getMasterNode")) return one((words) => send(false, words, PLAIN));
      return one(
        hasTypeMapping(client as WithOptions) ? (words) => send(words, PLAIN) : (words) => send(words),
      );
    }
  }
  throw new TypeError(
    "client must be a client, pool, sentinel or cluster of redis (node-redis) 5 or newer, or a Redis or Cluster client of ioredis 5 or newer",
  );
}

// The number of attempts while a hash slot moves. The pauses add up to about two seconds.
const TRIES = 10;

/** The same error with what the other primaries have done: the command may be half done. */
function partly(error: SessionsError, done: unknown[], primaries: number): SessionsError {
  const ended = done.reduce((sum: number, reply) => sum + Number(reply), 0);
  const text = `${done.length} of ${primaries} primaries ended ${ended} sessions; repeat the call for the others`;
  const Class = error.constructor as typeof SessionsError;
  return new Class(`${error.message} (${text})`, error.code);
}

/** Sends commands by any client. Everything that it throws is a SessionsError. */
export class Sender {
  readonly #route: Route;

  constructor(client: unknown) {
    this.#route = route(client);
  }

  get isCluster(): boolean {
    return this.#route.isCluster;
  }

  /**
   * Sends to the node of the key. The result is what `read` returns for the reply. There is only
   * one promise: each additional promise or async function takes a considerable part of a command's
   * time in this process.
   */
  at<Result = unknown>(
    key: string,
    words: Words,
    read?: (reply: unknown) => Result | Promise<Result>,
  ): Promise<Result> {
    // Without `read` the result is the reply.
    const readOrFail = read as (reply: unknown) => Result | Promise<Result>;
    try {
      return this.#route
        .at(key, words)
        .then(readOrFail, (thrown) => this.#again(key, words, thrown).then(readOrFail));
    } catch (thrown) {
      return this.#again(key, words, thrown).then(readOrFail);
    }
  }

  /** After a failure: repeats the command while its hash slot moves. */
  async #again(key: string, words: Words, thrown: unknown): Promise<unknown> {
    let error = translated(thrown);
    for (let tried = 1; tried < TRIES; tried++) {
      if (!(error instanceof TryAgainError) || !this.isCluster) break;
      await sleep(20 * tried + randomInt(20));
      try {
        return await this.#route.at(key, words);
      } catch (next) {
        error = translated(next);
      }
    }
    throw await this.#explained(error);
  }

  /** The replies of all primaries; fails if one of them fails, after all have replied. */
  async everywhere(words: Words): Promise<unknown[]> {
    let settled: PromiseSettledResult<unknown>[];
    try {
      settled = await Promise.allSettled(await this.#route.everywhere(words));
    } catch (thrown) {
      throw translated(thrown);
    }
    if (settled.length === 0)
      throw new UnavailableError("the cluster client has no known primary", "UNAVAILABLE");
    const replies = settled.filter((reply) => reply.status === "fulfilled").map(({ value }) => value);
    const failed = settled.find((reply) => reply.status === "rejected");
    if (failed === undefined) return replies;
    const error = await this.#explained(translated(failed.reason));
    throw this.isCluster && words[0] === "SESSIONS.KILLALL" ? partly(error, replies, settled.length) : error;
  }

  /** If the module is missing, the server may be too old for it. */
  async #explained(error: SessionsError): Promise<SessionsError> {
    if (!(error instanceof NoModuleError)) return error;
    try {
      const [info] = await Promise.all(await this.#route.everywhere(["INFO", "server"]));
      const version = /^redis_version:((\d+)\S*)/m.exec(String(info));
      if (version === null || Number(version[2]) >= 7) return error;
      return new NoModuleError(`${error.message} This one is Redis ${version[1]}.`, error.code);
    } catch {
      return error; // The Redis user may not use INFO.
    }
  }
}
