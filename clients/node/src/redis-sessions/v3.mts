import RedisSessions from "./v3.js";

export type RedisSessionsOptions = RedisSessions.RedisSessionsOptions;
export type Session = RedisSessions.Session;
export default RedisSessions;
