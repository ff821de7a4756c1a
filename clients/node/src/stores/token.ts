// What names a session in the server, by the session id that a framework has drawn.

import { createHash } from "node:crypto";

/** The token of a framework's session id: its SHA-256, so that nothing stored opens a session. */
export function tokenOf(sid: string): string {
  return createHash("sha256").update(sid).digest("hex");
}

/** The sid that lists have: it names the session without opening it. */
export function publicSid(token: string): string {
  return tokenOf(token).slice(0, 16);
}
