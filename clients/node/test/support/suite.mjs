// Runs the test suite of another package, unedited, over an entry of this one. The suite comes from
// the registry and finds, where it looks for its own package, a file that loads this one.
import { spawn } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const PACKAGE = fileURLToPath(new URL("../..", import.meta.url));

/** Runs mocha on `file` in a folder with the given files; returns `{ passed, failed, output }`. */
export async function mocha({ file, source, files, env = {}, options = [] }) {
  const folder = mkdtempSync(join(tmpdir(), "sessions-node-suite-"));
  try {
    symlinkSync(join(PACKAGE, "node_modules"), join(folder, "node_modules"));
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    cpSync(join(PACKAGE, "node_modules", source), join(folder, file));
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
    const program = join(PACKAGE, "node_modules/mocha/bin/mocha.js");
    const words = [program, "--reporter", "tap", "--timeout", "60000", ...options, file];
    const child = spawn(process.execPath, words, { cwd: folder, env: { ...process.env, ...env } });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (data) => (output += data));
    await new Promise((resolve) => child.once("close", resolve));
    // Some of the suites end the process with status 0 whatever they have found: the lines are
    // counted.
    const count = (pattern) => (output.match(pattern) ?? []).length;
    return { passed: count(/^ok \d/gm), failed: count(/^not ok \d/gm), output };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The path of a built file of this package. */
export function built(name) {
  return join(PACKAGE, "dist", name);
}
