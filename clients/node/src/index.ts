export type { IoRedisClient, NodeRedisClient, NodeRedisCluster, RedisClient } from "./clients.js";
export type { JsonObject, JsonValue } from "./data.js";
export * from "./errors.js";
export type * from "./session.js";
export { Sessions, type SessionsOptions } from "./sessions.js";
