// load.mjs: a process that asks a site. Gets { port, url, milliseconds }, sends the requests a
// second, the 99th percentile in milliseconds and the number of requests. Speaks HTTP on bare
// sockets, to leave the CPU to the server.
import { connect } from "node:net";
import { IN_FLIGHT } from "./rounds.mjs";

const VISITORS = 500;

class Connection {
  #socket;
  #received = "";
  #done;

  constructor(port) {
    this.#socket = connect(port, "127.0.0.1");
    this.#socket.setNoDelay(true).setEncoding("latin1");
    this.#socket.on("data", (text) => this.#receive(text));
    this.#socket.on("error", (error) => {
      throw error;
    });
  }

  #receive(text) {
    this.#received += text;
    const end = this.#received.indexOf("\r\n\r\n");
    if (end < 0) return;
    const length = Number(/\r\ncontent-length: (\d+)/i.exec(this.#received)?.[1]);
    if (!(length >= 0)) throw new Error(`no length: ${this.#received}`);
    if (this.#received.length < end + 4 + length) return;
    const response = this.#received;
    this.#received = "";
    this.#done(response);
  }

  ask(request) {
    return new Promise((resolve) => {
      this.#done = resolve;
      this.#socket.write(request);
    });
  }

  close() {
    this.#socket.destroy();
  }
}

function request(url, cookie) {
  return `GET ${url} HTTP/1.1\r\nhost: 127.0.0.1\r\n${cookie ? `cookie: ${cookie}\r\n` : ""}\r\n`;
}

const cookiesOf = new Map();

/** The cookies of visitors who have a session on the site. */
async function cookies(port) {
  const found = cookiesOf.get(port) ?? [];
  cookiesOf.set(port, found);
  const connection = new Connection(port);
  while (found.length < VISITORS) {
    const response = await connection.ask(request("/start"));
    found.push(/\r\nset-cookie: ([^;]+)/i.exec(response)[1]);
  }
  connection.close();
  return found;
}

async function load({ port, url, milliseconds }) {
  const requests = (await cookies(port)).map((cookie) => request(url, cookie));
  const taken = [];
  const begin = performance.now();
  const end = begin + milliseconds;
  const visitor = async (number) => {
    const connection = new Connection(port);
    for (let n = number; performance.now() < end; n += IN_FLIGHT) {
      const from = performance.now();
      const response = await connection.ask(requests[n % requests.length]);
      if (!response.startsWith("HTTP/1.1 200")) throw new Error(response);
      taken.push(performance.now() - from);
    }
    connection.close();
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, (_, number) => visitor(number)));
  const seconds = (performance.now() - begin) / 1000;
  taken.sort((one, other) => one - other);
  return { rate: taken.length / seconds, p99: taken[Math.floor(taken.length * 0.99)], count: taken.length };
}

process.on("message", async (task) => process.send(await load(task)));
process.on("disconnect", () => process.exit());
