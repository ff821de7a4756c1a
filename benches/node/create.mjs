// create.mjs PORT COUNT: creates this number of sessions without data with redis-sessions, one per
// id.
import RedisSessions from "redis-sessions";

const [port, count] = process.argv.slice(2).map(Number);
const Constructor = RedisSessions.default ?? RedisSessions;
const sessions = new Constructor({ port, wipe: 0 });
let next = 0;
const worker = async () => {
  while (next < count) await sessions.create({ app: "webapp", id: `user${next++}`, ip: "127.0.0.1" });
};
await Promise.all(Array.from({ length: 100 }, worker));
process.exit(0);
