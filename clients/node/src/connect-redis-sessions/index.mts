import connectRedisSessions from "./index.js";

export type ConnectRedisSessionsOptions = connectRedisSessions.ConnectRedisSessionsOptions;
export type Session = connectRedisSessions.Session;
export default connectRedisSessions;
