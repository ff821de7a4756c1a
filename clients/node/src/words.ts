// Options as words of a command.

import { dataText } from "./data.js";
import { idText } from "./id.js";
import type { Client, Ends, Limit, Page } from "./session.js";

type Value = string | number | undefined | null;

/** Builds the words of a command option by option. Undefined options are omitted. */
export class Words {
  readonly list: string[];

  constructor(...list: string[]) {
    this.list = list;
  }

  option(name: string, value: Value): this {
    if (value !== undefined && value !== null) this.list.push(name, String(value));
    return this;
  }

  flag(name: string, isSet: boolean | undefined): this {
    if (isSet) this.list.push(name);
    return this;
  }

  /** `ID id`, or ANON for null. */
  owner(id: string | null | undefined): this {
    if (id === undefined) return this;
    return id === null ? this.flag("ANON", true) : this.option("ID", idText(id));
  }

  client(from: Client): this {
    return this.option("IP", from.ip).option("UA", from.ua);
  }

  ends(options: Ends): this {
    return this.option("TTL", options.ttl).option("LIFETIME", options.lifetime);
  }

  max(options: Limit): this {
    return this.option("MAX", options.max).flag("REJECT", options.reject);
  }

  data(data: object | undefined): this {
    return data === undefined ? this : this.option("DATA", dataText(data));
  }

  page({ offset, limit }: Page): this {
    if (offset !== undefined || limit !== undefined) {
      this.list.push("LIMIT", String(offset ?? 0), String(limit ?? -1));
    }
    return this;
  }
}
