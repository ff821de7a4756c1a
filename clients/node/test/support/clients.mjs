// The clients that the tests drive, each by the same three words: connect, close, name.
import * as ioredis5 from "ioredis";
import * as ioredis6 from "ioredis-6";
import * as redis6 from "redis";
import * as redis5 from "redis-5";

function quiet(client) {
  client.on("error", () => {}); // A server that goes away is what some tests are about.
  return client;
}

function nodeRedis(name, library) {
  return {
    name,
    connect: async (address, options = {}) =>
      quiet(library.createClient({ socket: address, ...options })).connect(),
    pool: async (address) => quiet(library.createClientPool({ socket: address })).connect(),
    cluster: async (ports) => {
      const rootNodes = ports.map((port) => ({ socket: { host: "127.0.0.1", port } }));
      return quiet(library.createCluster({ rootNodes })).connect();
    },
    sentinel: async (port) => {
      const sentinelRootNodes = [{ host: "127.0.0.1", port }];
      return quiet(library.createSentinel({ name: "mymaster", sentinelRootNodes })).connect();
    },
    close: async (client) => client.isOpen && client.destroy(),
  };
}

function ioRedis(name, { Redis, Cluster }) {
  return {
    name,
    connect: async (address, options = {}) => quiet(new Redis({ ...address, ...options })),
    cluster: async (ports) => quiet(new Cluster(ports.map((port) => ({ host: "127.0.0.1", port })))),
    sentinel: async (port) =>
      quiet(new Redis({ name: "mymaster", sentinels: [{ host: "127.0.0.1", port }] })),
    close: async (client) => client.disconnect(),
  };
}

export const CLIENTS = [
  nodeRedis("redis 6", redis6),
  nodeRedis("redis 5", redis5),
  ioRedis("ioredis 6", ioredis6),
  ioRedis("ioredis 5", ioredis5),
];
