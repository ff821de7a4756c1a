// A site on a free port and a browser that keeps its cookies.
import { createServer } from "node:http";

/** Serves with `handler` until the test `t` ends; returns the address. */
export async function listen(t, handler) {
  const server = createServer(handler);
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${server.address().port}`;
}

export class Browser {
  #cookies = new Map();

  constructor(site) {
    this.site = site;
  }

  get cookies() {
    return Object.fromEntries(this.#cookies);
  }

  setCookie(name, value) {
    this.#cookies.set(name, value);
  }

  /** Requests a path; returns `{ status, text, cookies }`, the cookies as they were set. */
  async get(path, options = {}) {
    const cookie = [...this.#cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    const headers = { ...options.headers, ...(cookie ? { cookie } : {}) };
    const response = await fetch(this.site + path, { redirect: "manual", ...options, headers });
    const cookies = response.headers.getSetCookie();
    for (const line of cookies) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line);
      const isGone = /expires=Thu, 01 Jan 1970/i.test(line) || value === "";
      if (isGone) this.#cookies.delete(name);
      else this.#cookies.set(name, value);
    }
    return { status: response.status, text: await response.text(), cookies };
  }

  async json(path, options) {
    return JSON.parse((await this.get(path, options)).text);
  }
}
