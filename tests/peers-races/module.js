// The module behind the calls of redis-sessions, so that both run the same tests.
"use strict";
const redis = require("redis");

class Module {
  static async connect(port) {
    const store = new Module();
    store.client = redis.createClient({ socket: { port, host: "127.0.0.1" } });
    await store.client.connect();
    return store;
  }

  call(...words) {
    return this.client.sendCommand(words.map(String));
  }

  async session(...words) {
    const json = await this.call(...words, "JSON");
    return json === null ? null : JSON.parse(json);
  }

  async create({ app, id, ttl = 7200, no_resave, d }) {
    const words = ["SESSIONS.CREATE", app, id, "IP", "127.0.0.1", "TTL", ttl];
    if (no_resave) words.push("NORESAVE");
    if (d) words.push("DATA", JSON.stringify(d));
    return { token: await this.call(...words) };
  }

  get({ app, token }) {
    return this.session("SESSIONS.GET", app, token);
  }

  set({ app, token, d }) {
    return this.session("SESSIONS.SET", app, token, JSON.stringify(d));
  }

  async kill({ app, token }) {
    return { kill: await this.call("SESSIONS.KILL", app, token) };
  }

  async killall({ app }) {
    return { kill: await this.call("SESSIONS.KILLALL", app) };
  }

  async activity({ app, deltaTime }) {
    return { activity: await this.call("SESSIONS.ACTIVITY", app, deltaTime) };
  }

  async soid({ app, id }) {
    return { sessions: await this.session("SESSIONS.SOID", app, id) };
  }

  async soapp({ app, deltaTime }) {
    return { sessions: await this.session("SESSIONS.SOAPP", app, deltaTime) };
  }

  async _wipe() {
    await this.call("SESSIONS.WIPE");
  }

  quit() {
    return this.client.quit();
  }
}

module.exports = { Module };
