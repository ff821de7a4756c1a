// node run.cjs CASE FACTS: runs a case; FACTS is JSON: `chromium`, the service's `url`, `keys` by
// name, and what the case looks for. Ends with an error if a check fails.
"use strict";
const cases = {
  ...require("./foreign.cjs"),
  ...require("./keyboard.cjs"),
  ...require("./looks.cjs"),
  ...require("./pictures.cjs"),
  ...require("./seeing.cjs"),
};

const [name, facts] = process.argv.slice(2);
cases[name](JSON.parse(facts)).catch((error) => {
  console.error(error);
  process.exit(1);
});
