// node chromium.cjs CHROMIUM SITE FOLDER [PICTURE]: logs in from two browsers and logs one out from
// the other. Ends with an error if a check fails. FOLDER is for the browsers' profiles.
"use strict";
const assert = require("node:assert");
const path = require("node:path");
const { chromium } = require("playwright-core");

const [executablePath, site, folder, picture] = process.argv.slice(2);
const args = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync"];

async function browser(name, address) {
  const options = { executablePath, headless: true, args, viewport: { width: 880, height: 560 }, deviceScaleFactor: 2,
    extraHTTPHeaders: { "X-Forwarded-For": address } };
  const context = await chromium.launchPersistentContext(path.join(folder, name), options);
  context.setDefaultTimeout(30000);
  return context;
}

async function page(context) {
  const page = context.pages()[0] ?? (await context.newPage());
  await page.goto(site);
  return page;
}

async function logIn(page) {
  await page.fill("input[name=user]", "ann");
  await page.fill("input[name=password]", "demo");
  await page.click("text=Log in >> nth=-1");
  await page.waitForSelector("text=My devices");
}

async function main() {
  const contexts = [await browser("laptop", "203.0.113.7"), await browser("phone", "198.51.100.23")];
  try {
    const [laptop, phone] = await Promise.all(contexts.map(page));
    await laptop.click("text=Add bread");
    await laptop.waitForSelector("text=1 × bread");
    await logIn(laptop);
    await laptop.waitForSelector("text=1 × bread");
    await logIn(phone);

    const [cookie] = await contexts[0].cookies();
    assert.deepEqual([cookie.name, cookie.httpOnly, cookie.secure, cookie.sameSite],
      ["__Host-session", true, true, "Lax"]);
    assert.equal(await laptop.evaluate("document.cookie"), "");

    await laptop.click("text=My devices");
    const row = laptop.locator("tr", { hasText: "198.51.100.23" });
    await row.waitFor();
    assert.equal(await laptop.locator("tr", { hasText: "203.0.113.7" }).locator("text=this device").count(), 1);
    assert.equal(await row.locator("text=Chrome").count(), 1);
    assert.ok(!(await laptop.content()).includes(cookie.value), "a token stands in the page");
    if (picture) await laptop.screenshot({ path: picture });

    await row.locator("text=Log out").click();
    await row.waitFor({ state: "detached" });
    await phone.reload();
    await phone.waitForSelector("text=Your cart comes along");
    await laptop.reload();
    await laptop.waitForSelector("text=this device");
    await laptop.click("text=Log out all others");
    await laptop.locator("tr", { hasText: "2001:db8::17" }).waitFor({ state: "detached" });
  } finally {
    await Promise.all(contexts.map((context) => context.close()));
  }
}

main();
