// The package as somebody gets it: packed, unpacked, loaded as ES module and as CommonJS, and
// compiled against.
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { freePorts, startServer, until } from "./support/server.mjs";
import { Browser } from "./support/site.mjs";

const PACKAGE = fileURLToPath(new URL("..", import.meta.url));
const { exports: entries, files, version } = JSON.parse(readFileSync(join(PACKAGE, "package.json"), "utf8"));
const NAMES = Object.keys(entries).filter((entry) => !entry.endsWith(".json"));

describe("the packed package", () => {
  const folder = mkdtempSync(join(tmpdir(), "sessions-node-pack-"));
  const installed = join(folder, "node_modules", "sessions-for-redis");
  after(() => rmSync(folder, { recursive: true }));

  const run = (program, ...words) => execFileSync(program, words, { cwd: folder, encoding: "utf8" });

  before(() => {
    const pack = ["pack", PACKAGE, "--ignore-scripts", "--silent", "--pack-destination", folder];
    const tarball = run("npm", ...pack).trim();
    mkdirSync(installed, { recursive: true });
    run("tar", "xzf", tarball, "-C", installed, "--strip-components", "1");
    for (const name of readdirSync(join(PACKAGE, "node_modules")).filter((name) => !name.startsWith("."))) {
      symlinkSync(join(PACKAGE, "node_modules", name), join(folder, "node_modules", name));
    }
  });

  it("holds what was built, its README and licence and nothing else", () => {
    const held = run("find", installed, "-type", "f").trim().split("\n");
    const names = held.map((path) => path.slice(installed.length + 1));
    assert.deepEqual(names.filter((name) => !name.startsWith("dist/")).sort(), [
      "LICENSE",
      "README.md",
      "package.json",
    ]);
    assert.deepEqual(files, ["dist"]);
    for (const name of names.filter((name) => name.startsWith("dist/")))
      assert.match(name, /\.(m?js|d\.m?ts)$/);
  });

  for (const entry of NAMES) {
    const name = `sessions-for-redis${entry.slice(1)}`;

    it(`${name} is the same module for import and for require`, () => {
      writeFileSync(
        join(folder, "same.mjs"),
        `import { createRequire } from "node:module";
        import assert from "node:assert/strict";
        import * as imported from "${name}";
        const required = createRequire(import.meta.url)("${name}");
        const hidden = ["default", "module.exports", "__esModule"];
        const names = Object.keys(imported).filter((name) => !hidden.includes(name));
        if (typeof required === "function") assert.equal(imported.default, required);
        else assert.deepEqual(names.sort(), Object.keys(required).filter((name) => name !== "default").sort());
        for (const name of names) assert.equal(imported[name], required[name]);
        assert.ok(names.length > 0 || imported.default);`,
      );
      run(process.execPath, "same.mjs");
    });

    it(`${name} has types for both`, () => {
      for (const condition of ["import", "require"]) {
        for (const path of Object.values(entries[entry][condition])) readFileSync(join(installed, path));
      }
    });
  }

  it("its README's program logs in, lists the devices and ends the other sessions", async (t) => {
    const readme = readFileSync(join(installed, "README.md"), "utf8");
    const [, program] = /```js\n(\/\/ server\.mjs\n[\s\S]*?)```/.exec(readme);
    writeFileSync(join(folder, "server.mjs"), program);
    const redis = await startServer({ tcp: true });
    const [port] = await freePorts(1);
    const env = { ...process.env, PORT: String(port), REDIS_URL: `redis://127.0.0.1:${redis.port}` };
    const child = spawn(process.execPath, ["server.mjs"], { cwd: folder, env, stdio: "inherit" });
    t.after(() => child.kill("SIGKILL"));
    const browsers = [0, 1].map(() => new Browser(`http://127.0.0.1:${port}`));
    const [one, other] = browsers;
    await until("the site", () => one.get("/login").catch(() => null));
    assert.equal((await one.get("/")).status, 302);
    for (const browser of browsers) {
      const body = new URLSearchParams({ user: "ann" });
      assert.equal((await browser.get("/login", { method: "POST", body })).status, 302);
    }
    const { user, devices } = await one.json("/");
    assert.deepEqual(
      [user, devices.filter(({ isThisOne }) => isThisOne).length, devices.length],
      ["ann", 1, 2],
    );
    assert.deepEqual(await one.json("/logout-others", { method: "POST" }), { ended: 1 });
    assert.equal((await other.get("/")).status, 302);
    await one.get("/logout", { method: "POST" });
    assert.equal((await one.get("/")).status, 302);
  });

  it("says its version in package.json", () => {
    writeFileSync(join(folder, "v.cjs"), `console.log(require("sessions-for-redis/package.json").version)`);
    assert.equal(run(process.execPath, "v.cjs").trim(), version);
  });

  const tsc = (...words) => {
    const strict = ["--strict", "--noEmit", "--target", "es2022", "--types", "node"];
    return run(join(PACKAGE, "node_modules", ".bin", "tsc"), ...strict, ...words);
  };

  it("passes tsc --strict with every client and framework", () => {
    const names = ["main", "frameworks"];
    for (const name of names) cpSync(join(PACKAGE, `test/types/${name}.ts`), join(folder, `${name}.mts`));
    tsc("--skipLibCheck", "--module", "nodenext", ...names.map((name) => `${name}.mts`));
  });

  it("has declarations without errors as an ES module, as CommonJS and as input of a bundler", () => {
    const use =
      'import { Sessions } from "sessions-for-redis";\n' +
      "export const list = (sessions: Sessions<{ cart: number }>) => sessions.soid('u1');\n";
    const exported = NAMES.map(
      (entry, n) => `export * as entry${n} from "sessions-for-redis${entry.slice(1)}";\n`,
    );
    const required = NAMES.map(
      (entry, n) => `export import entry${n} = require("sessions-for-redis${entry.slice(1)}");\n`,
    );
    for (const name of ["own.mts", "own.ts"]) writeFileSync(join(folder, name), use + exported.join(""));
    writeFileSync(join(folder, "own.cts"), use + required.join(""));
    tsc("--module", "nodenext", "own.mts", "own.cts");
    tsc("--module", "esnext", "--moduleResolution", "bundler", "own.ts");
  });
});
