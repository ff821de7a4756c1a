// What the stores do with the text of a session that another program has stored.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { remember, remembered } from "../dist/stores/remembered.js";
import { textsOf } from "../dist/stores/texts.js";

describe("the text of a session", () => {
  it("is cut into texts that are the same values as those of the parsed object", () => {
    for (const json of [
      "{}",
      " { } ",
      '{"a":1}',
      '{ "a" : 1 , "b" :\n[ 1, {"c": "}"} ] , "d":"x,\\"y\\\\" }',
      '{"a":{"b":{"c":[[],{}]}},"e":null,"f":true,"g":-1.50e3,"":"","\\u0061b\\"":"\\\\"}',
      '{"__proto__":{"a":1},"7":"seven","a":1,"a":2,"é":"😀"}',
    ]) {
      const entries = [...textsOf(json)].map(([name, text]) => [name, JSON.parse(text)]);
      assert.deepEqual(Object.fromEntries(entries), JSON.parse(json), json);
    }
  });
});

describe("what a store remembers of an object", () => {
  it("is known to this store only, and is not seen in the object", () => {
    const [one, other, object] = [{}, {}, { a: 1 }];
    assert.equal(remembered(object, one), undefined);
    remember(object, one, 1);
    assert.equal(remembered(object, other), undefined);
    remember(object, other, 2);
    remember(object, one, 3);
    assert.deepEqual([remembered(object, one), remembered(object, other)], [3, 2]);
    assert.deepEqual(Reflect.ownKeys(object), ["a"]);
  });
});
