// Splits the JSON text of an object into the texts of its values. Parsing would take several times
// as long, and most values are only compared.

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const BACKSLASH = 0x5c;
const [OPEN_LIST, CLOSE_LIST] = [0x5b, 0x5d];
const [OPEN, CLOSE] = [0x7b, 0x7d];

/** The position after the string that begins at a position. */
function endOfString(text: string, begin: number): number {
  for (let end = begin; ; ) {
    end = text.indexOf('"', end + 1);
    let first = end;
    while (text.charCodeAt(first - 1) === BACKSLASH) first--;
    if ((end - first) % 2 === 0) return end + 1;
  }
}

/** The position after the value that begins at a position. Whitespace may be part of the value. */
function endOfValue(text: string, begin: number): number {
  let depth = 0;
  for (let at = begin; at < text.length; at++) {
    switch (text.charCodeAt(at)) {
      case QUOTE:
        at = endOfString(text, at) - 1;
        break;
      case OPEN:
      case OPEN_LIST:
        depth++;
        break;
      case CLOSE:
      case CLOSE_LIST:
        if (depth === 0) return at;
        depth--;
        break;
      case COMMA:
        if (depth === 0) return at;
    }
  }
  return text.length;
}

function isBetween(code: number): boolean {
  return code <= 0x20 || code === COMMA || code === COLON;
}

/** The text of each value of an object in valid JSON, by the value's name. */
export function textsOf(json: string): Map<string, string> {
  const found = new Map<string, string>();
  let at = json.indexOf("{") + 1;
  for (;;) {
    while (isBetween(json.charCodeAt(at))) at++;
    if (json.charCodeAt(at) !== QUOTE) return found;
    const endOfName = endOfString(json, at);
    const name = json.slice(at + 1, endOfName - 1);
    at = endOfName;
    while (isBetween(json.charCodeAt(at))) at++;
    const end = endOfValue(json, at);
    found.set(name.includes("\\") ? JSON.parse(`"${name}"`) : name, json.slice(at, end));
    at = end;
  }
}
