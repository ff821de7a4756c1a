// A session's data as the JSON text of each top-level key. The texts are compared and sent.

import { type JsonObject, toJson } from "../data.js";

export type Fields = ReadonlyMap<string, string>;
/** The text of each changed key; null: the key was removed. */
export type Changes = ReadonlyMap<string, string | null>;

/**
 * The own enumerable properties of an object, `cookie` with the given text if there is one. JSON
 * omits some of them.
 */
export function fieldsOf(data: object, cookie?: string): Map<string, string> {
  const fields = new Map<string, string>();
  for (const name of Object.keys(data)) {
    const isCookie = cookie !== undefined && name === "cookie";
    const text: string | undefined = isCookie ? cookie : toJson((data as JsonObject)[name], name);
    if (text !== undefined) fields.set(name, text);
  }
  return fields;
}

/** Whether two texts are the same value: another program may have stored `1.0` or a line break. */
function isSame(stored: string, text: string): boolean {
  return stored === text || toJson(JSON.parse(stored)) === text;
}

/**
 * The changes from the stored data to other data, with the given text of `cookie` if there is one.
 */
export function changes(from: Fields, to: object, cookie?: string): Map<string, string | null> {
  const changed = new Map<string, string | null>(fieldsOf(to, cookie));
  for (const [name, stored] of from) {
    const text = changed.get(name);
    if (text === undefined) changed.set(name, null);
    else if (text !== null && isSame(stored, text)) changed.delete(name);
  }
  return changed;
}

/**
 * Stored data in two parts: the data that the framework gets, and the data that it does not get
 * because of their names. The second part is kept.
 */
export interface Was {
  readonly had: Fields;
  readonly hidden: Fields;
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

/** The same of stored data. */
export function partedFields(
  stored: Fields,
  canHave: (name: string) => boolean,
): { had: Map<string, string>; hidden: Fields } {
  const [had, hidden] = [new Map<string, string>(), new Map<string, string>()];
  for (const [name, text] of stored) (canHave(name) ? had : hidden).set(name, text);
  return { had, hidden };
}
