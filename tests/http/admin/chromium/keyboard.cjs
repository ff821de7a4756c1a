// The keyboard is enough: Tab reaches everything, the focus is visible, and Enter activates what
// has the focus. JavaScript is off.
"use strict";
const assert = require("node:assert");
const { Browser } = require("./browser.cjs");

async function type(facts) {
  const browser = await Browser.start(facts, { javaScriptEnabled: false });
  const { page } = browser;
  const { keyboard } = page;
  await browser.open("/admin");
  await reach(page, "input[name=key]");
  await keyboard.type(facts.keys.lead);
  await keyboard.press("Enter");
  await browser.heading("Apps");
  for (const path of ["", "/apps/webapp", "/apps/webapp/sessions", "/apps/webapp/user?id=ann",
    `/apps/webapp/user?id=ann&sid=${facts.sid}`, "/apps/webapp/events"]) {
    await browser.open(`/admin${path}`);
    await everythingShowsItsFocus(page, path);
  }

  // Skips the header.
  await browser.open("/admin/apps/webapp");
  await keyboard.press("Tab");
  assert.equal(await page.locator(":focus").innerText(), "Skip to the content");
  await keyboard.press("Enter");
  await keyboard.press("Tab");
  assert.equal(await page.locator("main :focus").count(), 1);

  await browser.open("/admin/apps/webapp");
  await reach(page, "input[name=id]");
  await keyboard.type("ann");
  await keyboard.press("Enter");
  await browser.heading("ann");
  await reach(page, `button[aria-label="End session ${facts.sid}"]`);
  await keyboard.press("Enter");
  await browser.says("The session was ended.");
  await reach(page, "summary");
  await keyboard.press("Enter");
  await reach(page, "details button");
  await keyboard.press("Enter");
  await browser.says("2 sessions of this user were ended.");

  await reach(page, "nav a");
  await keyboard.press("Enter");
  await browser.heading("webapp");
  await reach(page, "summary");
  await keyboard.press("Space");
  await reach(page, "input[name=confirm]");
  await keyboard.type("webapp");
  await keyboard.press("Enter");
  await browser.says("2 sessions of this app were ended.");
  await reach(page, "header button");
  await keyboard.press("Enter");
  await browser.says("You are logged out.");
  await browser.close();
}

// Presses Tab until the element of the selector has the focus.
async function reach(page, selector) {
  for (let presses = 0; presses < 200; presses += 1) {
    await page.keyboard.press("Tab");
    if (await page.evaluate((it) => document.activeElement?.matches(it), selector)) return;
  }
  assert.fail(`Tab does not reach ${selector}`);
}

async function everythingShowsItsFocus(page, path) {
  const all = await page.locator("a[href], button, input:not([type=hidden]), summary").filter({ visible: true }).count();
  const reached = new Set();
  for (let presses = 0; presses <= all + 5; presses += 1) {
    await page.keyboard.press("Tab");
    const focus = await page.evaluate(() => {
      const it = document.activeElement;
      if (!it || it === document.body) return null;
      const { outlineStyle, outlineWidth } = getComputedStyle(it);
      const { top, bottom, left, right } = it.getBoundingClientRect();
      const seen = bottom > 0 && top < innerHeight && right > 0 && left < innerWidth;
      const number = [...document.querySelectorAll("*")].indexOf(it);
      return { html: it.outerHTML.slice(0, 200), outline: outlineStyle !== "none" && parseFloat(outlineWidth) >= 2, seen, number };
    });
    if (!focus) continue;
    assert.ok(focus.outline && focus.seen, `the focus is not seen on ${path}: ${focus.html}`);
    reached.add(focus.number);
  }
  assert.ok(reached.size >= all, `${path}: Tab reaches ${reached.size} of ${all}`);
}

module.exports = { type };
