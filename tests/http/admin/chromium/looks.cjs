// How the pages look: axe-core finds no barrier, nothing scrolls sideways on a phone, and colours
// follow the system.
"use strict";
const assert = require("node:assert");
const fs = require("node:fs");
const { Browser } = require("./browser.cjs");

const AXE = fs.readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

// Every page, and each state of it that looks different.
const PAGES = (facts) => ["/admin", "/admin?app=a%20b", "/admin/apps/webapp", "/admin/apps/webapp?done=wrong-name",
  "/admin/apps/webapp?done=app&count=3", "/admin/apps/webapp/sessions", "/admin/apps/webapp/sessions?offset=50",
  "/admin/apps/webapp/sessions?within=300&offset=100", "/admin/apps/webapp/user?id=ann", `/admin/apps/webapp/user?id=${facts.long}`,
  "/admin/apps/webapp/user?id=nobody", `/admin/apps/webapp/user?id=ann&sid=${facts.sid}&done=others&count=2`,
  "/admin/apps/webapp/user?id=ann&sid=x", "/admin/apps/webapp/events", "/admin/apps/webapp/events?of=ann",
  "/admin/apps/other/events", "/admin/apps/a%20b"];

async function look(facts) {
  for (const colorScheme of ["light", "dark"]) {
    for (const width of [1280, 700, 360]) {
      const browser = await Browser.start(facts, { colorScheme, viewport: { width, height: 800 } });
      await browser.open("/admin/apps/webapp");
      await examine(browser, colorScheme, width, "the log-in");
      await browser.logIn("shk_");
      await browser.refuses("This key is not valid.");
      await examine(browser, colorScheme, width, "the refused log-in");
      await browser.logIn("lead");
      await browser.heading("Apps");
      for (const path of PAGES(facts)) {
        await browser.open(path);
        await examine(browser, colorScheme, width, path);
      }
      await browser.close();
    }
  }
}

async function examine({ page }, colorScheme, width, name) {
  const about = `${name}, ${colorScheme}, ${width} pixels`;
  await page.evaluate(() => document.querySelectorAll("details").forEach((it) => { it.open = true; }));
  // At widths between the two layouts, only checks whether the page fits.
  if (width !== 700) {
    await page.evaluate(AXE);
    const { violations, incomplete } = await page.evaluate(() => window.axe.run());
    const found = [...violations, ...incomplete].map(({ id, nodes }) => [id, ...nodes.map(({ html }) => html)]);
    assert.deepEqual(found, [], about);
  }
  const scrolled = await page.evaluate(() => document.documentElement.scrollWidth);
  assert.ok(scrolled <= width, `${about}: ${scrolled} pixels wide`);
  const ground = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const [red] = ground.match(/\d+/g).map(Number);
  assert.ok(colorScheme === "dark" ? red < 50 : red > 200, `${about}: ${ground}`);
}

module.exports = { look };
