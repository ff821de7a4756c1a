// What redis-sessions requires of its arguments, and the names and texts of its errors.

export type Parameters = Record<string, unknown>;

// The original's pattern of an id, without its exponential run time: a text of one line.
const FORMATS: Record<string, RegExp> = {
  app: /^[\w-]{3,20}$/,
  id: /^.*$/,
  ip: /^.{1,39}$/,
  token: /^[\dA-Za-z]{64}$/,
};

export const DEFAULT_TTL = 7200;

function failure(name: string, message: string): Error {
  const error = new Error(message);
  error.name = name;
  return error;
}

function checkFormat(parameters: Parameters, item: string, format: RegExp): void {
  const value = parameters[item];
  if (!value) throw failure("missingParameter", `No ${item} supplied`);
  if (!format.test(String(value))) throw failure("invalidFormat", `Invalid ${item} format`);
}

function checkSeconds(value: unknown, name: string): void {
  if (!(wholeNumber(value) >= 10)) throw failure("invalidValue", `${name} must be a positive integer >= 10`);
}

function checkData(d: unknown): void {
  if (!d) throw failure("missingParameter", "No d supplied");
  if (typeof d !== "object" || Array.isArray(d)) throw failure("invalidValue", "d must be an object");
  const entries = Object.entries(d);
  if (entries.length === 0) throw failure("invalidValue", "d must containt at least one key.");
  for (const [key, value] of entries) {
    if (value !== null && !["string", "number", "boolean"].includes(typeof value)) {
      const allowed = "Only strings, numbers, boolean and null are allowed.";
      throw failure("invalidValue", `d.${key} has a forbidden type. ${allowed}`);
    }
  }
}

/** As the original reads a number: the digits that a text begins with. */
export function wholeNumber(value: unknown): number {
  return Number.parseInt(String(value), 10);
}

/** Throws the original's error for the first item that is not valid. */
export function check(parameters: Parameters, items: readonly string[]): void {
  for (const item of items) {
    const format = FORMATS[item];
    if (format) checkFormat(parameters, item, format);
    else if (item === "ttl") checkSeconds(parameters.ttl || DEFAULT_TTL, "ttl");
    else if (item === "deltaTime") checkSeconds(parameters.deltaTime, "deltaTime");
    else if (item === "dt")
      checkSeconds(parameters.dt, "ttl"); // so says the original
    else if (item === "d") checkData(parameters.d);
  }
}
