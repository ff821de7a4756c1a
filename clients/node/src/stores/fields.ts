// A session's data as the JSON text of each of its top-level keys: what is compared, and what is sent.

import { type JsonObject, toJson } from "../data.js";

export type Fields = ReadonlyMap<string, string>;

/** The own enumerable properties of an object; those that JSON leaves out are left out. */
export function fieldsOf(data: object): Map<string, string> {
  const fields = new Map<string, string>();
  for (const [name, value] of Object.entries(data)) {
    const text: string | undefined = toJson(value, name);
    if (text !== undefined) fields.set(name, text);
  }
  return fields;
}

/** What leads from one to the other; null: the key is gone. */
export function changes(from: Fields, to: Fields): Map<string, string | null> {
  const changed = new Map<string, string | null>();
  for (const [name, text] of to) if (from.get(name) !== text) changed.set(name, text);
  for (const name of from.keys()) if (!to.has(name)) changed.set(name, null);
  return changed;
}

export function applied(changed: ReadonlyMap<string, string | null>, fields: Fields): Map<string, string> {
  const result = new Map(fields);
  for (const [name, text] of changed) {
    if (text === null) result.delete(name);
    else result.set(name, text);
  }
  return result;
}

export function objectText(fields: ReadonlyMap<string, string | null>): string {
  return `{${[...fields].map(([name, text]) => `${JSON.stringify(name)}:${text}`).join(",")}}`;
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
