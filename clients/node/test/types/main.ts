// Compiled by `tsc --strict` against the packed package.
import { Cluster, Redis } from "ioredis";
import { createClient, createClientPool, createCluster, createSentinel } from "redis";
import * as redis5 from "redis-5";
import { ConflictError, type Session, Sessions, type SessionWithoutData } from "sessions-for-redis";

interface Cart {
  cart: number;
  lang?: string;
}

export const clients = [
  createClient(),
  createClient({ RESP: 3 }),
  createClientPool(),
  createCluster({ rootNodes: [] }),
  createSentinel({ name: "mymaster", sentinelRootNodes: [] }),
  redis5.createClient(),
  redis5.createClientPool(),
  redis5.createCluster({ rootNodes: [] }),
  redis5.createSentinel({ name: "mymaster", sentinelRootNodes: [] }),
  new Redis(),
  new Cluster([]),
].map((client) => new Sessions(client, { app: "webapp" }));

export async function main(sessions: Sessions<Cart>): Promise<number> {
  const token: string = await sessions.create("u1", { ttl: 60, data: { cart: 1 } });
  const session: Session<Cart> | null = await sessions.get(token);
  const list: SessionWithoutData[] = await sessions.soid("u1", { noData: true });
  await sessions.set(token, { lang: null });
  await sessions.incr(token, "cart");
  // @ts-expect-error a name that the data does not have
  await sessions.incr(token, "carts");
  // @ts-expect-error a list without data has none
  list[0]?.d;
  // @ts-expect-error a value of another type
  await sessions.save(token, { cart: "one" });
  // @ts-expect-error no client at all
  new Sessions("redis://", { app: "webapp" });
  try {
    await sessions.set(token, { cart: 2 }, { ifW: session?.w });
  } catch (error) {
    if (error instanceof ConflictError) return error.code.length;
  }
  return session?.d.cart ?? 0;
}
