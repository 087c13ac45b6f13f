// A TCP relay in front of one port, by which a test cuts or stalls the way to it.

import { connect, createServer } from 'node:net';

import { freePort } from './ports.js';

export class Link {
  #target;
  #server;
  #pairs = new Set();
  #state = 'open';

  static async to(target) {
    const link = new Link();
    link.#target = target;
    link.port = await freePort();
    link.#server = createServer((near) => link.#relay(near));
    await new Promise((listening, failed) => {
      link.#server.once('error', failed).listen(link.port, '127.0.0.1', listening);
    });
    return link;
  }

  #relay(near) {
    near.on('error', () => {});
    if (this.#state === 'cut') return near.destroy();
    const far = connect(this.#target, '127.0.0.1');
    const pair = [near, far];
    this.#pairs.add(pair);
    far.on('error', () => {});
    near.pipe(far);
    far.pipe(near);
    const end = () => {
      near.destroy();
      far.destroy();
      this.#pairs.delete(pair);
    };
    near.on('close', end);
    far.on('close', end);
    if (this.#state === 'stalled') this.#hold(pair);
  }

  #hold([near, far]) {
    near.unpipe(far).pause();
    far.unpipe(near).pause();
  }

  /** Both ends see their connections end, and new ones are refused: what was on its way is lost. */
  cut() {
    this.#state = 'cut';
    for (const [near, far] of this.#pairs) {
      near.destroy();
      far.destroy();
    }
  }

  /** Connections stay, but not a byte passes, in no direction. */
  stall() {
    this.#state = 'stalled';
    for (const pair of this.#pairs) this.#hold(pair);
  }

  heal() {
    const held = this.#state === 'stalled' ? [...this.#pairs] : [];
    this.#state = 'open';
    for (const [near, far] of held) {
      near.pipe(far);
      far.pipe(near);
    }
  }

  close() {
    this.cut();
    this.#server.close();
  }
}
