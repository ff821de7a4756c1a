// ioredis without the README's way to name the key.
import { Cluster } from "ioredis";

const redis = new Cluster([{ host: "127.0.0.1", port: 6379 }], { lazyConnect: true });
await redis.connect();

const sessions = (command, ...args) => redis.call(`SESSIONS.${command}`, ...args);

const everywhere = async (command, ...args) => {
  const nodes = redis.nodes("master");
  const answers = await Promise.all(nodes.map((node) => node.call(`SESSIONS.${command}`, ...args)));
  return answers.reduce((sum, answer) => sum + answer, 0);
};
