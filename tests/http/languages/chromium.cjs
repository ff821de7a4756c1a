// node chromium.cjs FACTS: a user of the site in two browsers. FACTS is JSON: `chromium`, the
// address `site`, and its `parts`. Ends with an error if anything is not as it must be.
"use strict";
const assert = require("node:assert");
const { Browser } = require("../admin/chromium/browser.cjs");

// The session's cookie, which is the only one, with the same attributes whichever part has set it.
async function sessionCookie(browser, why) {
  const cookies = await browser.context.cookies();
  const seen = cookies.map(({ name, path, httpOnly, sameSite, expires }) => [name, path, httpOnly, sameSite, expires]);
  assert.deepEqual(seen, [["sid", "/", true, "Lax", -1]], why);
  return cookies[0].value;
}

async function open(browser, part, page) {
  const response = await browser.page.goto(`${browser.facts.url}/${part}/${page}`);
  assert.equal(response.status(), 200, `${part}/${page}: ${await response.text()}`);
  return response.json();
}

const set = (browser, part, data) => open(browser, part, `set?data=${encodeURIComponent(JSON.stringify(data))}`);

// Each part gives a visitor the cookie, and another one at the log-in.
async function attributes(browser, parts) {
  for (const part of parts) {
    await browser.context.clearCookies();
    await set(browser, part, { cart: 1 });
    const visitors = await sessionCookie(browser, part);
    await open(browser, part, "login?user=8");
    assert.notEqual(await sessionCookie(browser, part), visitors, part);
  }
  await browser.context.clearCookies();
}

// A visitor's cart goes through the log-in, and each part adds to it.
async function shop(laptop, phone, parts) {
  await set(laptop, "php", { cart: { bread: 1 } });
  await open(laptop, "django", "login?user=9");
  const cookie = await sessionCookie(laptop, "the log-in");
  for (const part of parts) {
    await set(laptop, part, { [part]: "Grüße" });
    const value = decodeURIComponent(await sessionCookie(laptop, part));
    assert.equal(value, decodeURIComponent(cookie), part);
  }
  const { cart, ...seen } = await open(laptop, "express", "read");
  assert.deepEqual([cart, ...parts.map((part) => seen[part])], [{ bread: 1 }, ...parts.map(() => "Grüße")]);
  await open(phone, "django", "login?user=9");
  assert.deepEqual(await open(laptop, "express", "others"), { ended: 1 });
  assert.deepEqual(await open(phone, "django", "me"), { user: "" });
  assert.deepEqual(await open(laptop, "django", "me"), { user: "9" });
  await open(laptop, "php", "logout");
  assert.deepEqual(await open(laptop, "django", "me"), { user: "" });
  assert.deepEqual(await open(laptop, "express", "read"), {});
}

async function main({ chromium, site, parts }) {
  const facts = { chromium, url: site };
  const [laptop, phone] = await Promise.all([Browser.start(facts), Browser.start(facts)]);
  await attributes(laptop, parts);
  await shop(laptop, phone, parts);
  await Promise.all([laptop.close(), phone.close()]);
}

main(JSON.parse(process.argv[2])).catch((error) => {
  console.error(error);
  process.exit(1);
});
