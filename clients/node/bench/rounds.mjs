// Measures in turns, so that whatever else the machine does falls on all of them alike.
const WORKERS = 50;

/** Runs `use` for some milliseconds by 50 workers; returns uses a second and the 99th percentile in milliseconds. */
async function measure(use, milliseconds) {
  const taken = [];
  const begin = performance.now();
  const end = begin + milliseconds;
  const worker = async (number) => {
    for (let n = number; performance.now() < end; n += WORKERS) {
      const from = performance.now();
      await use(n);
      taken.push(performance.now() - from);
    }
  };
  await Promise.all(Array.from({ length: WORKERS }, (_, number) => worker(number)));
  const seconds = (performance.now() - begin) / 1000;
  taken.sort((one, other) => one - other);
  return { rate: taken.length / seconds, p99: taken[Math.floor(taken.length * 0.99)] };
}

const median = (numbers) => numbers.sort((one, other) => one - other)[Math.floor(numbers.length / 2)];

/** Measures each of `uses` in turns; returns the medians by name. */
export async function compare(uses, { rounds, milliseconds }) {
  const found = Object.fromEntries(Object.keys(uses).map((name) => [name, []]));
  for (const [, use] of Object.entries(uses)) await measure(use, milliseconds / 4); // warm
  for (let round = 0; round < rounds; round++) {
    for (const [name, use] of Object.entries(uses)) found[name].push(await measure(use, milliseconds));
  }
  return Object.fromEntries(
    Object.entries(found).map(([name, all]) => [
      name,
      { rate: median(all.map(({ rate }) => rate)), p99: median(all.map(({ p99 }) => p99)) },
    ]),
  );
}
