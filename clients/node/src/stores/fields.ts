// A session's data as the JSON text of each of its top-level keys: what is compared, and what is sent.

import { type JsonObject, toJson } from "../data.js";

export type Fields = ReadonlyMap<string, string>;
/** The text of each changed key; null: the key is gone. */
export type Changes = ReadonlyMap<string, string | null>;

/** The own enumerable properties of an object, `cookie` in another form if there is one; JSON leaves some out. */
export function fieldsOf(data: object, cookie?: JsonObject): Map<string, string> {
  const fields = new Map<string, string>();
  for (const [name, own] of Object.entries(data)) {
    const value = cookie && name === "cookie" ? cookie : own;
    const text: string | undefined = toJson(value, name);
    if (text !== undefined) fields.set(name, text);
  }
  return fields;
}

/** Whether a value has for certain the text of another one that was parsed: this takes less time than two texts. */
function isSame(parsed: unknown, value: unknown): boolean {
  if (parsed === value) return true;
  if (typeof parsed !== "object" || typeof value !== "object" || parsed === null || value === null)
    return false;
  if ("toJSON" in value) return false;
  if (Array.isArray(parsed)) {
    if (!Array.isArray(value) || parsed.length !== value.length) return false;
    for (let n = 0; n < parsed.length; n++) if (!isSame(parsed[n], value[n])) return false;
    return true;
  }
  if (Object.getPrototypeOf(value) !== Object.prototype) return false;
  const [names, others] = [Object.keys(parsed), Object.keys(value)];
  if (names.length !== others.length) return false;
  for (let n = 0; n < names.length; n++) {
    const name = names[n] as string;
    if (name !== others[n]) return false;
    if (!isSame((parsed as JsonObject)[name], (value as JsonObject)[name])) return false;
  }
  return true;
}

/** What leads from data that were parsed to others, with `cookie` in another form if there is one. */
export function changes(from: JsonObject, to: object, cookie?: JsonObject): Map<string, string | null> {
  const changed = new Map<string, string | null>();
  for (const name of Object.keys(to)) {
    const value = cookie && name === "cookie" ? cookie : (to as JsonObject)[name];
    const before = Object.hasOwn(from, name) ? from[name] : undefined;
    if (isSame(before, value)) continue;
    const text: string | undefined = toJson(value, name);
    if (text === toJson(before)) continue;
    changed.set(name, text ?? null);
  }
  for (const name of Object.keys(from)) {
    if (from[name] !== undefined && !Object.hasOwn(to, name)) changed.set(name, null);
  }
  return changed;
}

export function applied(changed: Changes, fields: Fields): Map<string, string> {
  const result = new Map(fields);
  for (const [name, text] of changed) {
    if (text === null) result.delete(name);
    else result.set(name, text);
  }
  return result;
}

export function objectText(fields: Changes): string {
  let text = "";
  for (const [name, value] of fields) text += `${text && ","}${JSON.stringify(name)}:${value}`;
  return `{${text}}`;
}

/** The data under names that a framework's Session can have, and the rest of it. */
export function parted(
  data: object,
  canHave: (name: string) => boolean,
): [had: JsonObject, rest: JsonObject] {
  const entries = Object.entries(data);
  const having = (wanted: boolean) =>
    Object.fromEntries(entries.filter(([name]) => canHave(name) === wanted));
  return [having(true), having(false)];
}
