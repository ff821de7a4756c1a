// The connections that redis-sessions makes itself: one for commands and, with a cache, one that
// listens.

/** The methods of a client of node-redis that are used here. */
export interface OwnClient {
  readonly isOpen: boolean;
  readonly isReady: boolean;
  connect(): Promise<unknown>;
  close(): Promise<unknown>;
  destroy(): void;
  duplicate(): OwnClient;
  subscribe(channel: string, listener: (message: string) => void): Promise<unknown>;
  on(event: string, listener: (error: Error) => void): unknown;
  sendCommand(words: readonly string[]): Promise<unknown>;
}

export interface ConnectionOptions {
  port?: number | undefined;
  host?: string | undefined;
  /** Options for `createClient` of the package redis 5 or newer. */
  options?: object | undefined;
}

interface Given extends Record<string, unknown> {
  commandOptions?: object;
}

/** The options of node_redis 2 and 3, with the names that the current package redis has. */
function renamed(options: Record<string, unknown>): Record<string, unknown> {
  const { auth_pass, db, path, tls, ...rest } = options;
  const socket: object = { ...(rest.socket as object), ...(path ? { path } : {}) };
  return {
    ...rest,
    ...(auth_pass === undefined ? {} : { password: auth_pass }),
    ...(db === undefined ? {} : { database: Number(db) }),
    socket: tls ? { ...socket, ...(tls as object), tls: true } : socket,
  };
}

export function createOwnClient({ port, host, options }: ConnectionOptions): OwnClient {
  let library: { createClient(options: object): OwnClient };
  try {
    library = require("redis");
  } catch {
    throw new Error("the package redis is missing: npm install redis, or pass `client`");
  }
  const given: Given = renamed((options ?? {}) as Record<string, unknown>);
  const socket = given.socket as { path?: string };
  if (!given.url && !socket.path) {
    given.socket = { ...socket, port: port ?? 6379, host: host ?? "127.0.0.1" };
  }
  // redis 6 limits each command to five seconds by default, by a signal and a timer that take as
  // long as the rest of the command. The original has no limit.
  return library.createClient({ ...given, commandOptions: { timeout: undefined, ...given.commandOptions } });
}

const ignore = () => {};

interface Listener {
  isListening: boolean;
  delete(key: string): void;
  clear(): void;
}

/** Removes from the cache what is published on the channel. */
export function listen(client: OwnClient, channel: string, cache: Listener): OwnClient {
  const subscriber = client.duplicate();
  const pause = () => {
    cache.isListening = false;
    cache.clear();
  };
  subscriber.on("error", pause);
  subscriber.on("end", pause);
  subscriber.on("reconnecting", pause);
  let isSubscribed = false;
  // After a lost connection the subscription is made again before the client is ready.
  subscriber.on("ready", () => {
    cache.isListening = isSubscribed;
  });
  const start = async () => {
    await subscriber.connect();
    await subscriber.subscribe(channel, (message) => cache.delete(message));
    isSubscribed = true;
    cache.isListening = true;
  };
  start().catch(ignore); // Without it every read asks the server.
  return subscriber;
}
