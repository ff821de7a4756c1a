// node chromium.cjs FACTS: a user of the shop in two browsers, and the admin page in a third one.
// FACTS is JSON: `chromium`, the addresses `shop` and `admin`, and a `key` of the service. Ends
// with an error if a check fails.
"use strict";
const assert = require("node:assert");
const { Browser } = require("../admin/chromium/browser.cjs");

const LAPTOP = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
const PHONE = "Mozilla/5.0 (Android 15; Mobile; rv:140.0) Gecko/140.0 Firefox/140.0";

const press = (browser, name) => browser.page.getByRole("button", { name, exact: true }).click();

async function logIn(browser) {
  await browser.open("/");
  await browser.page.getByLabel("Name").fill("ann");
  await browser.page.getByLabel("Password").fill("demo");
  await press(browser, "Log in");
  await assertUser(browser, "ann");
}

async function assertUser(browser, name) {
  await browser.page.locator("header", { hasText: name }).waitFor();
}

// The next request of this browser is not logged in.
async function assertLoggedOut(browser) {
  await browser.open("/devices");
  await assertUser(browser, "Nobody is logged in");
  await browser.page.getByText("nothing yet").waitFor();
}

async function sessionCookie(browser) {
  const cookies = await browser.context.cookies();
  assert.deepEqual(cookies.map(({ name, httpOnly, sameSite }) => [name, httpOnly, sameSite]), [["connect.sid", true, "Lax"]]);
  return cookies[0];
}

// The log-in keeps a visitor's cart, and the previous cookie opens no session.
async function cart(laptop, phone) {
  await laptop.open("/");
  assert.deepEqual(await laptop.context.cookies(), []);
  await press(laptop, "Add bread");
  await laptop.page.getByText("1 × bread").waitFor();
  const visitors = await sessionCookie(laptop);
  await logIn(laptop);
  await laptop.page.getByText("1 × bread").waitFor();
  assert.notEqual((await sessionCookie(laptop)).value, visitors.value);
  await phone.context.addCookies([visitors]);
  await assertLoggedOut(phone);
}

// Both browsers are listed, and one logs the other out.
async function others(laptop, phone) {
  await logIn(phone);
  await laptop.page.getByRole("link", { name: "My devices" }).click();
  await laptop.heading("Devices");
  const rows = await laptop.rows().allInnerTexts();
  assert.equal(rows.length, 2);
  assert.ok(rows.some((row) => row.includes(LAPTOP) && row.includes("this device")), rows.join());
  assert.ok(rows.some((row) => row.includes(PHONE) && row.includes("Log out this one")), rows.join());
  const html = await laptop.page.content();
  for (const browser of [laptop, phone]) {
    const { value } = await sessionCookie(browser);
    assert.ok(!html.includes(decodeURIComponent(value).slice(2).split(".")[0]), "a session id is in the page");
  }
  await press(laptop, "Log out the others");
  await laptop.rows().filter({ hasText: PHONE }).waitFor({ state: "detached" });
  assert.equal(await laptop.rows().count(), 1);
  await assertLoggedOut(phone);
}

// Support ends a session from the admin page of the service.
async function support(laptop, phone, admin) {
  await logIn(phone);
  await admin.logIn("lead");
  await admin.page.getByRole("link", { name: "shop" }).click();
  await admin.heading("shop");
  await admin.find("ann");
  await admin.heading("ann");
  assert.equal(await admin.rows().count(), 2);
  await admin.rows().filter({ hasText: "Android" }).getByRole("button", { name: "End" }).click();
  await admin.says("The session was ended.");
  await assertLoggedOut(phone);
  await laptop.open("/");
  await assertUser(laptop, "ann");
  await laptop.page.getByText("1 × bread").waitFor();
}

async function main({ chromium, shop, admin, key }) {
  const [laptop, phone, desk] = await Promise.all([
    Browser.start({ chromium, url: shop }, { userAgent: LAPTOP }),
    Browser.start({ chromium, url: shop }, { userAgent: PHONE }),
    Browser.start({ chromium, url: admin, keys: { lead: key } }),
  ]);
  await cart(laptop, phone);
  await others(laptop, phone);
  await support(laptop, phone, desk);
  await Promise.all([laptop, phone, desk].map((browser) => browser.close()));
}

main(JSON.parse(process.argv[2])).catch((error) => {
  console.error(error);
  process.exit(1);
});
