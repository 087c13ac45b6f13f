// What the charts show: rates from the differences of counters, for the last few minutes.

const pollMs = 2000;
const keptPoints = 150;

class Series {
  points = [];

  add(value) {
    this.points.push(value);
    if (this.points.length > keptPoints) this.points.shift();
  }

  get last() {
    return this.points.at(-1) ?? null;
  }

  /** The highest one kept; null when none is known. */
  get peak() {
    const known = this.points.filter((point) => point !== null);
    return known.length > 0 ? Math.max(...known) : null;
  }
}

class Rate extends Series {
  #before = null;

  /** Nothing is known from one reading, nor across a restart, where the counter falls. */
  take(count, seconds) {
    const before = this.#before;
    this.#before = { count, seconds };
    if (before === null || seconds <= before.seconds || count < before.count) return this.add(null);
    this.add((count - before.count) / (seconds - before.seconds));
  }
}

/** The lines of a chart 100 wide and 32 high; a gap where a value is not known. */
function chartLines(points) {
  const highest = Math.max(1, ...points.filter((point) => point !== null));
  const x = (index) => (100 * (index + keptPoints - points.length)) / (keptPoints - 1);
  const y = (value) => 31 - (30 * value) / highest;
  let [line, area, run] = ['', '', []];
  const flush = () => {
    if (run.length > 1) {
      const path = run.map(([left, top]) => `${left.toFixed(2)} ${top.toFixed(2)}`).join('L');
      line += `M${path}`;
      area += `M${path}L${run.at(-1)[0].toFixed(2)} 32L${run[0][0].toFixed(2)} 32Z`;
    }
    run = [];
  };
  points.forEach((point, index) => (point === null ? flush() : run.push([x(index), y(point)])));
  flush();
  return { line, area };
}
