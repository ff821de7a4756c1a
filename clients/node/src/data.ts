// The data of a session: what JSON can hold. A value that JSON cannot hold is refused with an error
// that names it: it is not silently lost or changed.

export type JsonValue = string | number | boolean | null | JsonValue[] | { [name: string]: JsonValue };
export type JsonObject = { [name: string]: JsonValue };

function refuse(path: string, what: string): never {
  throw new TypeError(`session data: ${path || "the data"} is ${what}, which JSON cannot represent`);
}

// More levels would overflow the stack. The server's own limit is lower and can change.
const TOO_DEEP = 500;

function check(value: unknown, path: string, parents: object[]): void {
  if (typeof value === "number" && !Number.isFinite(value)) refuse(path, String(value));
  if (["bigint", "symbol", "function"].includes(typeof value)) refuse(path, `a ${typeof value}`);
  if (typeof value !== "object" || value === null) return;
  if (parents.includes(value)) refuse(path, "a reference to what contains it");
  if (parents.length === TOO_DEEP) {
    throw new TypeError(`session data: ${path.slice(0, 40)}… is nested more than ${TOO_DEEP} levels deep`);
  }
  if (value instanceof Date && Number.isNaN(value.getTime())) refuse(path, "a Date without a time");
  const { toJSON } = value as { toJSON?: unknown };
  if (typeof toJSON === "function") {
    // A Date, a Buffer, a document of an ORM.
    parents.push(value);
    const made: unknown = toJSON.call(value, "");
    if (made !== value) check(made, path, parents);
    parents.pop();
    return;
  }
  for (const Class of [Map, Set, WeakMap, WeakSet, RegExp, Error, Promise]) {
    if (value instanceof Class) refuse(path, `a ${Class.name}`);
  }
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) refuse(path, "binary");
  parents.push(value);
  if (Array.isArray(value)) {
    for (let n = 0; n < value.length; n++) check(value[n], `${path}[${n}]`, parents);
  } else {
    for (const name in value)
      check((value as Record<string, unknown>)[name], path ? `${path}.${name}` : name, parents);
  }
  parents.pop();
}

// Deeper than the server allows data to be, so that a circular reference gets to `check`.
const DEEPEST = 40;

/**
 * Whether JSON can certainly hold the value. This is true of most data, and `check` takes several
 * times as long.
 */
function isPlain(value: unknown, levels: number): boolean {
  switch (typeof value) {
    case "string":
    case "boolean":
    case "undefined":
      return true;
    case "number":
      return Number.isFinite(value);
    case "object":
      break;
    default:
      return false;
  }
  if (value === null) return true;
  if (levels === 0 || "toJSON" in value) return false;
  if (Array.isArray(value)) {
    for (let n = 0; n < value.length; n++) if (!isPlain(value[n], levels - 1)) return false;
    return true;
  }
  if (Object.getPrototypeOf(value) !== Object.prototype) return false;
  for (const name in value) {
    if (!isPlain((value as Record<string, unknown>)[name], levels - 1)) return false;
  }
  return true;
}

/** The JSON text of a value. Undefined properties are omitted; a Date is its ISO 8601 text. */
export function toJson(value: unknown, path = ""): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "boolean" || Number.isFinite(value)) return String(value);
  if (!isPlain(value, DEEPEST)) check(value, path, []);
  return JSON.stringify(value);
}

/** The JSON text of a session's data. */
export function dataText(data: object): string {
  if (typeof data !== "object" || data === null || Array.isArray(data)) {
    throw new TypeError("session data: must be an object");
  }
  return toJson(data);
}
