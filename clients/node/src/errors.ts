// The errors of this package, one class for each reason that a program may have to distinguish.

/**
 * Base class. `code` names the reason: the first word of the server's reply, or the code of a
 * subclass.
 */
export class SessionsError extends Error {
  override name = "SessionsError";
  readonly code: string;

  constructor(message: string, code: string) {
    super(message);
    this.code = code;
  }
}

/** The server has no `SESSIONS.*` commands. Code `NOMODULE`. */
export class NoModuleError extends SessionsError {
  override name = "NoModuleError";
}

/** `ifW` is not the session's number of writes. Code `CONFLICT`. */
export class ConflictError extends SessionsError {
  override name = "ConflictError";
}

/** `reject` was given and the id already has `max` sessions. Code `LIMIT`. */
export class LimitError extends SessionsError {
  override name = "LimitError";
}

/** In a cluster, the id belongs to another hash slot than the token. Code `CROSSSLOT`. */
export class CrossSlotError extends SessionsError {
  override name = "CrossSlotError";
}

/** Hash slots are moving to another node, and several attempts have failed. Code `TRYAGAIN`. */
export class TryAgainError extends SessionsError {
  override name = "TryAgainError";
}

/** The Redis user may not use the app or the command. Code `NOPERM`. */
export class PermissionError extends SessionsError {
  override name = "PermissionError";
}

/** The server refused an argument. Code `INVALID`. */
export class InvalidArgumentError extends SessionsError {
  override name = "InvalidArgumentError";
}

/** The data is larger than the setting `sessions.max-data-bytes`. Code `TOOLARGE`. */
export class DataTooLargeError extends SessionsError {
  override name = "DataTooLargeError";
}

/**
 * No reply: the server is unreachable, the client is closed or the timeout has passed. Code
 * `UNAVAILABLE`.
 */
export class UnavailableError extends SessionsError {
  override name = "UnavailableError";
}
