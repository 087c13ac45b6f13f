// One direction of a relayed TCP connection, and what becomes of the bytes on it.

import { pause } from './wait.js';

/** Until the socket takes more, or takes nothing any more. */
const drained = (socket) =>
  new Promise((done) => {
    if (socket.destroyed) return done();
    const wake = () => {
      socket.off('drain', wake).off('close', wake);
      done();
    };
    socket.on('drain', wake).on('close', wake);
  });

export class Way {
  #mode = 'open';
  #pace = null;
  #waiting = [];

  /** 'open', 'held', 'lost' or 'slow'; `pace` of a slow one: {latencyMs, bytesPerSecond}. */
  set(mode, pace = null) {
    this.#mode = mode;
    this.#pace = pace;
    for (const wake of this.#waiting.splice(0)) wake();
  }

  #change() {
    return new Promise((changed) => this.#waiting.push(changed));
  }

  /** Resolves when the bytes may go on: false if they are lost instead. */
  async #admits(bytes) {
    while (this.#mode === 'held') await this.#change();
    if (this.#mode === 'slow') await pause(this.#pace.latencyMs + (bytes / this.#pace.bytesPerSecond) * 1000);
    return this.#mode !== 'lost';
  }

  /**
   * Carries one connection's bytes until it ends. Its end is held or lost like its bytes; `onLoss`
   * is called when something was, for such a connection can never be made whole.
   */
  async carry(source, sink, onLoss) {
    let isClean = true;
    try {
      for await (const chunk of source.iterator({ destroyOnReturn: false })) {
        if (!(await this.#admits(chunk.length))) onLoss();
        else if (!sink.write(chunk)) await drained(sink);
      }
    } catch {
      isClean = false;
    }
    while (!(await this.#admits(0))) {
      onLoss();
      await this.#change();
    }
    if (isClean) sink.end();
    else sink.destroy();
  }
}
