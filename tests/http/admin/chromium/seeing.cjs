// A key with the right `read`: log in, find a user among many sessions, log out. JavaScript is off.
"use strict";
const assert = require("node:assert");
const { Browser } = require("./browser.cjs");

async function see(facts) {
  const browser = await Browser.start(facts, { javaScriptEnabled: false });
  const { page } = browser;
  await browser.logIn(`shk_${"x".repeat(43)}`);
  await browser.refuses("This key is not valid.");
  await browser.logIn("writer");
  await browser.refuses("does not have the right to see sessions");
  await browser.logIn("support");
  await browser.heading("Apps");
  const [cookie] = await browser.context.cookies();
  assert.deepEqual([cookie.name, cookie.httpOnly, cookie.sameSite], ["sessions-admin", true, "Strict"]);

  await page.getByRole("link", { name: "webapp" }).click();
  await browser.heading("webapp");
  assert.equal(await browser.tile("Sessions"), "2,504");
  await browser.tab("Sessions");
  await page.getByText("1 to 50 of 2,504").waitFor();
  assert.equal(await browser.rows().count(), 50);
  await page.getByRole("link", { name: "Less recently used" }).click();
  await page.getByText("51 to 100 of 2,504").waitFor();
  await page.getByRole("link", { name: "5 minutes" }).click();
  await page.getByText("1 to 4 of 4").waitFor();

  await browser.find("ann");
  await browser.heading("ann");
  assert.equal(await browser.rows().count(), 3);
  const row = browser.rows().filter({ hasText: "203.0.113.7" });
  assert.match(await row.innerText(), /Firefox on Linux/);
  const sid = await row.getByRole("link").innerText();
  await row.getByRole("link").click();
  await browser.heading(`Session ${sid}`);
  assert.match(await page.locator("dl.fields").innerText(), /Gecko\/20100101 Firefox\/140.0/);
  await page.getByText("The data is hidden.").waitFor();

  await browser.find("ann", sid);
  await browser.heading(`Session ${sid}`);
  await browser.find("bob", sid);
  await page.getByText("This user has no session with this sid.").waitFor();
  await browser.find("nobody");
  await page.getByText("This user has no sessions in this app.").waitFor();
  // An app that the key does not have.
  await browser.open("/admin/apps/shop");
  await page.getByText("Your key does not cover this app.").waitFor();

  await browser.open("/admin/apps/webapp/user?id=ann");
  for (const path of ["", "/user?id=ann", `/user?id=ann&sid=${sid}`]) {
    await browser.open(`/admin/apps/webapp${path}`);
    assert.equal(await page.locator("main form").count(), 0, path);
    assert.ok(!(await page.content()).includes(cookie.value), "a token is in the page");
  }
  await page.getByRole("button", { name: "Log out" }).click();
  await browser.says("You are logged out.");
  assert.deepEqual(await browser.context.cookies(), []);
  await browser.open("/admin/apps/webapp");
  await browser.heading("Log in");
  await browser.close();
}

// A key that may end sessions: one session, all but one, all of a user, all of the app.
async function end(facts) {
  const browser = await Browser.start(facts, { javaScriptEnabled: false });
  const { page } = browser;
  await browser.logIn("lead");
  await page.getByLabel("Another app").fill("webapp");
  await page.getByRole("button", { name: "Open" }).click();
  await browser.heading("webapp");

  await browser.find("ann");
  await browser.rows().filter({ hasText: "203.0.113.9" }).getByRole("button", { name: "End" }).click();
  await browser.says("The session was ended.");
  assert.equal(await browser.rows().count(), 4);
  assert.equal(await browser.rows().filter({ hasText: "203.0.113.9" }).count(), 0);

  await browser.rows().filter({ hasText: "203.0.113.7" }).getByRole("link").click();
  await page.getByText("End all other sessions of this user").click();
  await page.getByRole("button", { name: "End all other sessions" }).click();
  await browser.says("3 sessions of this user were ended. The session below was kept.");
  await page.getByRole("link", { name: "All sessions of ann" }).click();
  await browser.heading("ann");
  assert.equal(await browser.rows().count(), 1);
  assert.match(await browser.rows().innerText(), /203\.0\.113\.7/);
  await browser.rows().getByRole("link").click();
  await page.getByRole("button", { name: "End this session" }).click();
  await browser.says("The session was ended.");
  await page.getByText("This user has no sessions in this app.").waitFor();

  await browser.find("bob");
  await page.getByText("End all sessions of this user").click();
  await page.getByRole("button", { name: "End all sessions" }).click();
  await browser.says("2 sessions of this user were ended.");

  await browser.tab("Overview");
  assert.equal(await browser.tile("Sessions"), "4");
  await page.getByText("End all sessions of webapp").click();
  await page.getByLabel("Type the name of the app").fill("webap");
  await page.getByRole("button", { name: "End all sessions" }).click();
  await browser.refuses("The name that was typed is not the name of this app. No session was ended.");
  assert.equal(await browser.tile("Sessions"), "4");
  await page.getByLabel("Type the name of the app").fill("webapp");
  await page.getByRole("button", { name: "End all sessions" }).click();
  await browser.says("4 sessions of this app were ended.");
  assert.equal(await browser.tile("Sessions"), "0");

  await browser.tab("Events");
  await page.getByRole("cell", { name: "Ended, for the app" }).first().waitFor();
  await page.getByLabel("Only of this user id").fill("bob");
  await page.getByRole("button", { name: "Filter" }).click();
  await page.getByText("of one user").waitFor();
  assert.equal(await browser.rows().count(), 4);
  await page.getByRole("link", { name: "Show all" }).click();
  await browser.close();
}

module.exports = { see, end };
