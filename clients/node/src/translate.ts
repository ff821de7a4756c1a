// Translates the errors that a client throws into the errors of this package. Every error is a new
// object: the errors of ioredis contain the arguments of the command, and so a token.

import {
  ConflictError,
  CrossSlotError,
  DataTooLargeError,
  InvalidArgumentError,
  LimitError,
  NoModuleError,
  PermissionError,
  SessionsError,
  TryAgainError,
  UnavailableError,
} from "./errors.js";

type ErrorClass = new (message: string, code: string) => SessionsError;

const BY_CODE = new Map<string, ErrorClass>([
  ["CONFLICT", ConflictError],
  ["LIMIT", LimitError],
  ["CROSSSLOT", CrossSlotError],
  ["TRYAGAIN", TryAgainError],
  ["NOPERM", PermissionError],
]);

const BY_TEXT: [RegExp, ErrorClass, string][] = [
  [/^ERR unknown command/i, NoModuleError, "NOMODULE"],
  [/^ERR (invalid|syntax error|wrong number of arguments)/, InvalidArgumentError, "INVALID"],
  [/^ERR data too large/, DataTooLargeError, "TOOLARGE"],
];

const NO_MODULE =
  "The Redis server has no SESSIONS commands. Load the sessions module into it (in redis.conf: " +
  "loadmodule /path/to/libsessions.so), on a cluster or with replicas into every server. " +
  "Redis 7.0 or Valkey 8 is the oldest server that can load it.";

/** The error of this package for what a Redis client has thrown. */
export function translated(thrown: unknown): SessionsError {
  if (thrown instanceof SessionsError) return thrown;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  for (const [text, Class, code] of BY_TEXT) {
    if (text.test(message)) return new Class(Class === NoModuleError ? NO_MODULE : message, code);
  }
  const code = /^([A-Z]{3,})(?: |$)/.exec(message)?.[1];
  if (code === undefined)
    return new UnavailableError(message || "no reply from Redis in time", "UNAVAILABLE");
  return new (BY_CODE.get(code) ?? SessionsError)(message, code);
}
