// How values that JSON does not have are written: a Date as {"$date": text}, a Buffer as
// {"$base64": text}.

export function encoded(value: unknown): unknown {
  if (value instanceof Date) return { $date: value.toISOString() };
  if (Buffer.isBuffer(value)) return { $base64: value.toString("base64") };
  return value;
}

export function decoded(value: unknown): unknown {
  if (typeof value !== "object" || value === null || Object.keys(value).length !== 1) return value;
  const { $date, $base64 } = value as Record<string, unknown>;
  if (typeof $date === "string") return new Date($date);
  if (typeof $base64 === "string") return Buffer.from($base64, "base64");
  return value;
}
