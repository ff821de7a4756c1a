// Compiled by `tsc --strict` against the packed package: the stores as the frameworks require them.
import fastifySession, { type FastifySessionOptions } from "@fastify/session";
import session from "express-session";
import type { CreateSessionOptions } from "koa-session";
import { createClient } from "redis";
import { SessionsStore as ExpressStore } from "sessions-for-redis/express";
import { SessionsStore as FastifyStore } from "sessions-for-redis/fastify";
import { SessionsStore as KoaStore, signedCookie } from "sessions-for-redis/koa";
import { type ResultSession, SessionManager } from "sessions-for-redis/redisess";

const client = createClient();

export const express = session({
  secret: "cats",
  store: new ExpressStore({
    client,
    app: "shop",
    id: (data) => data.user,
    max: 5,
    reject: true,
    ttl: () => 60,
  }),
});

const fastifyOptions: FastifySessionOptions = {
  secret: "cats",
  store: new FastifyStore({ client, app: "shop", id: false }),
};
export const fastify = [fastifySession, fastifyOptions];

const koa = new KoaStore({ client, app: "shop", ended: "error" });
export const koaSession: {
  get(key: string, maxAge: number | "session", data: { ctx: object; rolling?: boolean }): Promise<unknown>;
  set(key: string, session: object, maxAge: number | "session", data: { ctx: object }): Promise<unknown>;
  destroy(key: string, data: { ctx: object }): Promise<unknown>;
} = koa;

export const koaCookie: CreateSessionOptions = {
  rolling: true,
  ...signedCookie("connect.sid", ["newer", "older"], { maxAge: "session", sameSite: "lax" }),
};

export async function main(): Promise<void> {
  const devices = await koa.sessionsOf("ann");
  const texts: (string | undefined)[] = devices.map(({ ua }) => ua);
  await koa.endAll(1, { only: texts[0] ?? "" });
  const manager = new SessionManager(client, { namespace: "shop" });
  const one: ResultSession = await manager.create("ann", { ttl: 60, peer: "::1" });
  await one.set("cart", 1);
  // @ts-expect-error a client is needed
  new FastifyStore({ app: "shop" });
}
