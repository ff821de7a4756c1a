// Measures in turns, so that what else the machine does falls on all alike. Ratios are those of one
// round.
export const IN_FLIGHT = 50;

/**
 * Runs `use` for 0 to `count` - 1, 50 at a time; returns how many a second, and this process's
 * microseconds of CPU time for each. `take` gets each number and result; results that are kept
 * would cost more than the calls, as garbage that is none.
 */
export async function timed(count, use, take = () => {}) {
  let next = 0;
  const worker = async () => {
    while (next < count) {
      const n = next++;
      take(n, await use(n));
    }
  };
  const before = process.cpuUsage();
  const began = performance.now();
  await Promise.all(Array.from({ length: IN_FLIGHT }, worker));
  const rate = (count / (performance.now() - began)) * 1000;
  const { user, system } = process.cpuUsage(before);
  return { rate, cpu: (user + system) / count };
}

export function median(numbers) {
  const sorted = numbers.toSorted((one, other) => one - other);
  return sorted[Math.floor(sorted.length / 2)];
}

/** The median of the ratios of each round. */
export function ratio(of, to) {
  return median(of.map((number, round) => number / to[round]));
}

/**
 * Runs each of `uses`, by name, once a round, and in the next round begins with another one. Each
 * returns figures by name; the result has the list of each figure of each use. A first round warms
 * up and does not count.
 */
export async function inTurns(uses, rounds) {
  const names = Object.keys(uses);
  const found = Object.fromEntries(names.map((name) => [name, {}]));
  for (let round = 0; round <= rounds; round++) {
    for (let n = 0; n < names.length; n++) {
      const name = names[(n + round) % names.length];
      const figures = await uses[name](round);
      if (round === 0) continue;
      for (const [what, figure] of Object.entries(figures)) {
        found[name][what] ??= [];
        found[name][what].push(figure);
      }
    }
  }
  return found;
}
