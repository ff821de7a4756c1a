// The ids of sessions. Ids that redisess has generated stay valid in cookies.

import { createHash } from "node:crypto";

const OLD = /^[0-9a-f]{32}$/;

/** Whether redisess has generated the id. */
export function isOld(sessionId: string): boolean {
  return OLD.test(sessionId);
}

/** The token of a session: its id, or the SHA-256 of an id that redisess has generated. */
export function tokenOf(sessionId: string): string {
  return isOld(sessionId) ? createHash("sha256").update(sessionId).digest("hex") : sessionId;
}
