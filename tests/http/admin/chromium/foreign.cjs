// Other sites: their forms are refused although the browser sends the cookie, their links lead to
// the log-in, and scripts in texts of visitors do not run. JavaScript is on, so that they could
// run.
"use strict";
const assert = require("node:assert");
const http = require("node:http");
const { Browser } = require("./browser.cjs");

async function attack(facts) {
  const asked = [];
  const site = http.createServer((request, response) => {
    asked.push(request.url);
    response.setHeader("Content-Type", "text/html");
    response.end(page(facts));
  });
  await new Promise((resolve) => { site.listen(0, "127.0.0.1", resolve); });
  const { port } = site.address();
  // Sites on the same host, whose ports share cookies, and on another host.
  const others = [`http://127.0.0.1:${port}`, `http://localhost:${port}`];
  const browser = await Browser.start({ ...facts, others });
  await browser.logIn("lead");
  await browser.heading("Apps");
  for (const other of others) {
    const isSameSite = other.includes("127.0.0.1");
    for (const form of ["end-user", "end-app", "log-out"]) {
      await browser.page.goto(other);
      const response = browser.page.waitForResponse(/\/admin\//);
      await browser.page.click(`#${form}`);
      assert.equal((await response).status(), 403, `${form} from ${other}`);
      const cookie = (await (await response).request().allHeaders()).cookie ?? "";
      assert.equal(cookie.includes("sessions-admin="), isSameSite, `the cookie with ${form} from ${other}`);
      await browser.page.getByText("The form is not from your current log-in.").waitFor();
    }
    await browser.page.goto(other);
    await browser.page.click("#link");
    if (!isSameSite) {
      await browser.heading("Log in");
      await browser.page.getByRole("link", { name: "open the page" }).click();
    }
    await browser.heading("ann");
    // A frame shows nothing.
    await browser.page.goto(`${other}/framed`);
    await browser.page.waitForLoadState();
    const [, frame] = browser.page.frames();
    assert.equal(await frame.locator("main").count(), 0, "the page is framed");
  }
  browser.complaints = browser.complaints.filter((text) => !/frame-ancestors|Refused to (frame|display)|Framing/.test(text));
  await browser.close();
  site.close();
}

const page = ({ url, form }) => `<!doctype html>
${["apps/webapp/end-user?id=ann", "apps/webapp/end-app", "log-out"].map((action) => `
<form method="post" action="${url}/admin/${action}">
  <input name="form" value="${form}"><input name="confirm" value="webapp">
  <button id="${action.split("/").at(-1).split("?")[0]}">Win a prize</button>
</form>`).join("")}
<a id="link" href="${url}/admin/apps/webapp/user?id=ann">A ticket</a>
<iframe src="${url}/admin/apps/webapp/user?id=ann"></iframe>`;

async function show(facts) {
  const browser = await Browser.start(facts);
  await browser.logIn("lead");
  await browser.heading("Apps");
  await browser.open("/admin/apps/webapp/sessions");
  const paths = await browser.page.locator("tbody a").evaluateAll((links) => links.map((it) => it.getAttribute("href")));
  assert.equal(paths.length, 2 * facts.ids.length);
  for (const path of ["/admin/apps/webapp/sessions", "/admin/apps/webapp/events", ...paths]) {
    await browser.open(path);
    assert.equal(await browser.page.locator("script, img, iframe, object, b, [onerror]").count(), 0, path);
    assert.equal(await browser.page.evaluate(() => window.pwned), undefined, path);
  }
  const shown = await browser.page.locator("body").innerText();
  assert.ok(!/[\u0000-\u0008\u202e]/.test(shown), shown);
  await browser.close();
}

module.exports = { attack, show };
