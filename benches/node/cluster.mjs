// cluster.mjs PORT WARM_UP IN_FLIGHT FILE: sends the requests of a file to a cluster through
// node-redis and prints how many per second. A line of the file is a request: the key that decides
// its node, and its commands, which are sent one after the other, all separated by tabs. The first
// WARM_UP requests are not counted.
import { readFileSync } from "node:fs";
import { createCluster } from "redis";

const [port, warmUp, inFlight] = process.argv.slice(2, 5).map(Number);
const requests = readFileSync(process.argv[5], "utf8")
  .trimEnd()
  .split("\n")
  .map((line) => line.split("\t"))
  .map(([key, ...commands]) => [key, commands.map((command) => command.split(" "))]);

const cluster = createCluster({ rootNodes: [{ socket: { host: "127.0.0.1", port } }] });
await cluster.connect();

async function send(requests) {
  let next = 0;
  const worker = async () => {
    while (next < requests.length) {
      const [key, commands] = requests[next++];
      for (const command of commands) {
        const reply = await cluster.sendCommand(key, false, command);
        if (reply === null) throw new Error(`${command.join(" ")} found nothing`);
      }
    }
  };
  const began = process.hrtime.bigint();
  await Promise.all(Array.from({ length: inFlight }, worker));
  return requests.length / (Number(process.hrtime.bigint() - began) / 1e9);
}

await send(requests.slice(0, warmUp));
console.log(await send(requests.slice(warmUp)));
process.exit(0);
