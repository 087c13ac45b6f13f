// A TCP relay in front of one port, by which a test cuts, stalls, slows or breaks the way to it.

import { connect, createServer } from 'node:net';

import { freePort } from './ports.js';
import { Way } from './way.js';

export class Link {
  #target;
  #server;
  #connections = new Set();
  #isCut = false;
  #there = new Way();
  #back = new Way();
  /** Of connections that were forgotten. */
  #formerWays = [];

  static async to(target) {
    const link = new Link();
    link.#target = target;
    link.port = await freePort();
    link.#server = createServer({ allowHalfOpen: true }, (near) => link.#relay(near));
    await new Promise((listening, failed) => {
      link.#server.once('error', failed).listen(link.port, '127.0.0.1', listening);
    });
    return link;
  }

  async #relay(near) {
    near.on('error', () => {});
    if (this.#isCut) return near.destroy();
    const far = connect({ port: this.#target, host: '127.0.0.1', allowHalfOpen: true });
    far.on('error', () => {});
    const connection = { ends: [near, far], isTorn: false };
    const tear = () => (connection.isTorn = true);
    this.#connections.add(connection);
    await Promise.all([this.#there.carry(near, far, tear), this.#back.carry(far, near, tear)]);
    this.#connections.delete(connection);
  }

  #end(connections) {
    for (const { ends } of connections) for (const socket of ends) socket.destroy();
  }

  #set(mode, pace) {
    this.#isCut = false;
    for (const way of [this.#there, this.#back]) way.set(mode, pace);
    for (const way of this.#formerWays.splice(0)) way.set('open');
  }

  /** Both ends see their connections end, and new ones are refused: what was on its way is lost. */
  cut() {
    this.#set('open');
    this.#isCut = true;
    this.#end(this.#connections);
  }

  /** Connections stay and can be made, but not a byte passes, in no direction; nor does their end. */
  stall() {
    this.#set('held');
  }

  slow({ latencyMs, bytesPerSecond }) {
    this.#set('slow', { latencyMs, bytesPerSecond });
  }

  /** What goes in one direction, 'there' (to the port) or 'back', disappears, and nobody is told. */
  halfOpen(direction) {
    this.#set('open');
    (direction === 'there' ? this.#there : this.#back).set('lost');
  }

  /** As a router that has restarted: the connections lead nowhere, and nobody is told; new ones do. */
  forget() {
    this.#set('open');
    for (const connection of this.#connections) connection.isTorn = true;
    this.#formerWays = [this.#there, this.#back];
    for (const way of this.#formerWays) way.set('lost');
    [this.#there, this.#back] = [new Way(), new Way()];
  }

  /** Held bytes go on. A connection of which something was lost ends, as it would by TCP's own means. */
  heal() {
    this.#set('open');
    this.#end([...this.#connections].filter(({ isTorn }) => isTorn));
  }

  close() {
    this.cut();
    this.#server.close();
  }
}
