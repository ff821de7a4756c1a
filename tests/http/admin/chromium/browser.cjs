// What the cases share: a browser, and what a person does in it. A page must not log an error,
// contact another host or open a dialog; otherwise `close` fails.
"use strict";
const assert = require("node:assert");
const { chromium } = require("playwright-core");

const ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync"];

class Browser {
  // `options` are those of a context: colorScheme, viewport, javaScriptEnabled. The pages have no
  // scripts.
  static async start(facts, options = {}) {
    const program = await chromium.launch({ executablePath: facts.chromium, headless: true, args: ARGUMENTS });
    const context = await program.newContext({ viewport: { width: 1280, height: 800 }, ...options });
    context.setDefaultTimeout(30000);
    const browser = new Browser();
    Object.assign(browser, { facts, program, context, complaints: [], page: await context.newPage() });
    browser.page.on("console", (line) => ["error", "warning"].includes(line.type()) && browser.complain(line.text()));
    browser.page.on("pageerror", (error) => browser.complain(String(error)));
    browser.page.on("dialog", (dialog) => browser.complain(dialog.message()));
    browser.page.on("request", (request) => {
      const { origin } = new URL(request.url());
      if (![facts.url, ...(facts.others ?? [])].includes(origin)) browser.complain(`asked ${origin}`);
    });
    return browser;
  }

  complain(text) {
    // Error statuses that a case expects, such as the 401 of a wrong key.
    if (!text.startsWith("Failed to load resource: the server responded with a status of 40")) this.complaints.push(text);
  }

  async close() {
    await this.program.close();
    assert.deepEqual(this.complaints, []);
  }

  async open(path) {
    await this.page.goto(this.facts.url + path);
  }

  async logIn(key) {
    await this.open("/admin");
    await this.page.getByLabel("Key").fill(this.facts.keys[key] ?? key);
    await this.page.getByRole("button", { name: "Log in" }).click();
  }

  async find(id, sid = "") {
    await this.page.getByLabel("User id", { exact: true }).first().fill(id);
    await this.page.getByLabel("Sid (optional)").fill(sid);
    await this.page.getByRole("button", { name: "Find" }).click();
  }

  async tab(name) {
    await this.page.getByRole("navigation", { name: /^Pages of / }).getByRole("link", { name }).click();
    await this.heading(name === "Overview" ? this.facts.app : name);
  }

  // Waits for the page with that heading.
  async heading(name) {
    await this.page.getByRole("heading", { level: 1, name, exact: true }).waitFor();
  }

  // The text in which the page says what has been done.
  async says(text) {
    await this.page.getByRole("status").filter({ hasText: text }).waitFor();
  }

  async refuses(text) {
    await this.page.getByRole("alert").filter({ hasText: text }).waitFor();
  }

  rows() {
    return this.page.locator("tbody").getByRole("row");
  }

  // The number on a tile of the overview.
  async tile(name) {
    return this.page.locator("dl.tiles div", { has: this.page.getByText(name, { exact: true }) }).locator("dd").innerText();
  }
}

module.exports = { Browser };
