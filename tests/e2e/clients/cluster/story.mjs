// Follows a program that defines `redis`, `sessions` and `everywhere`: plays the story of mod.rs,
// or sends one command.

const [what, ...words] = process.argv.slice(2);

async function story(count) {
  const tokens = [];
  for (let n = 0; n < count; n++) {
    const id = `user${n}`;
    const token = await sessions("CREATE", "webapp", id, "DATA", '{"cart":3}');
    tokens.push(token);
    const read = JSON.parse(await sessions("GET", "webapp", token, "JSON"));
    const written = JSON.parse(await sessions("SET", "webapp", token, '{"cart":4}', "JSON"));
    const listed = JSON.parse(await sessions("SOID", "webapp", id, "JSON"));
    console.log(read.id, read.d.cart, written.d.cart, listed.length, listed[0].d.cart);
  }
  console.log("count", await everywhere("COUNT", "webapp"));
  console.log("activity", await everywhere("ACTIVITY", "webapp", "600"));
  let killed = 0;
  for (const token of tokens.slice(0, count / 2)) {
    killed += await sessions("KILL", "webapp", token);
  }
  console.log("killed", killed);
  console.log("count", await everywhere("COUNT", "webapp"));
  console.log("killall", await everywhere("KILLALL", "webapp"));
  console.log("count", await everywhere("COUNT", "webapp"));
}

try {
  if (what === "story") await story(Number(words[0]));
  else console.log(await (what === "one" ? sessions : everywhere)(...words));
} catch (error) {
  console.log(`error: ${error.message}`);
}
await redis.quit();
