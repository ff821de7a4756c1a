// The user of the session, as text.

/**
 * An ObjectId of MongoDB becomes the same text as in the stored data: another text would be another
 * user.
 */
function stored(value: unknown): unknown {
  const isObject = typeof value === "object" && value !== null;
  const { toJSON } = (isObject ? value : {}) as { toJSON?: unknown };
  return typeof toJSON === "function" ? toJSON.call(value, "") : value;
}

/** Undefined if the value names no user. */
export function idOrNobody(value: unknown): string | undefined {
  const id = stored(value);
  return (typeof id === "string" && id !== "") || Number.isFinite(id) ? String(id) : undefined;
}

function described(value: unknown): string {
  if (value === null || value === undefined || typeof value === "number") return String(value);
  return `a value of the type ${typeof value}`;
}

/**
 * Refuses a value that has the same text for all users, such as `undefined` and `[object Object]`.
 */
export function idText(value: unknown, name = "id"): string {
  if (typeof value === "string") return value;
  const id = idOrNobody(value);
  if (id === undefined) throw new TypeError(`${name} must be a string or a number, not ${described(value)}`);
  return id;
}
