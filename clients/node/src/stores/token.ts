// Computes a session's token and sid from the session id that a framework has generated.

import crypto from "node:crypto";

// Node.js 20.12 and newer have `hash`, which takes a third of the time.
const sha256: (text: string) => string =
  typeof crypto.hash === "function"
    ? (text) => crypto.hash("sha256", text)
    : (text) => crypto.createHash("sha256").update(text).digest("hex");

/**
 * The token of a framework's session id: its SHA-256, so that nothing that is stored gives access
 * to a session.
 */
export function tokenOf(sid: string): string {
  return sha256(sid);
}

/** The sid that lists contain: it identifies the session but gives no access to it. */
export function publicSid(token: string): string {
  return tokenOf(token).slice(0, 16);
}
