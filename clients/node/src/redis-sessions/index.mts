import RedisSessions from "./index.js";

export type RedisSessionsOptions = RedisSessions.RedisSessionsOptions;
export type Session<
  SessionData extends Record<string, string | number | boolean> = Record<string, string | number | boolean>,
> = RedisSessions.Session<SessionData>;
export default RedisSessions;
