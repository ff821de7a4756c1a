// The pictures of docs/admin.md.
"use strict";
const path = require("node:path");
const { Browser } = require("./browser.cjs");

const USER = "/admin/apps/webapp/user?id=ann%40example.org";

async function picture(facts) {
  for (const colorScheme of ["light", "dark"]) {
    const save = async (browser, name) => {
      await browser.page.mouse.move(0, 0);
      await browser.page.screenshot({ path: path.join(facts.folder, `${name}-${colorScheme}.png`) });
    };
    const wide = await Browser.start(facts, { colorScheme, viewport: { width: 1180, height: 800 } });
    await wide.logIn(facts.key);
    await wide.heading("Apps");
    await wide.open("/admin/apps/webapp");
    await save(wide, "admin");
    await wide.page.setViewportSize({ width: 1180, height: 520 });
    await wide.open(USER);
    await save(wide, "admin-user");
    await wide.close();
    const phone = await Browser.start(facts, { colorScheme, viewport: { width: 360, height: 640 } });
    await phone.logIn(facts.key);
    await phone.heading("Apps");
    await phone.open(USER);
    await save(phone, "admin-phone");
    await phone.close();
  }
}

module.exports = { picture };
