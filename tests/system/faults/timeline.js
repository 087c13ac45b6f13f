// What happened when, for people.

export class Timeline {
  #start = performance.now();
  #counts = new Map();
  lines = [];

  get seconds() {
    return (performance.now() - this.#start) / 1000;
  }

  say(who, what) {
    const line = `${this.seconds.toFixed(1).padStart(7)} s  ${who.padEnd(5)}  ${what}`;
    this.lines.push(line);
    console.log(line);
  }

  count(name, by = 1) {
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + by);
  }

  highest(name, value) {
    this.#counts.set(name, Math.max(this.#counts.get(name) ?? 0, value));
  }

  get(name) {
    return this.#counts.get(name) ?? 0;
  }

  /** "kill 3, cut 2": what was counted under `prefix`. */
  summary(prefix) {
    const found = [...this.#counts].filter(([name]) => name.startsWith(prefix)).sort();
    return found.map(([name, count]) => `${name.slice(prefix.length)} ${count}`).join(', ');
  }
}
