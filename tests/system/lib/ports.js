// Free loopback ports for programs that must be told theirs. They are taken from below the range that
// the system gives to outgoing connections, so that none is lost between the asking and the binding.

import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

const given = new Set();

const isFree = (port) =>
  new Promise((answer) => {
    const server = createServer();
    server.once('error', () => answer(false));
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => answer(true)));
  });

export async function freePort() {
  for (;;) {
    const port = randomInt(12_000, 32_000);
    if (given.has(port)) continue;
    given.add(port);
    if (await isFree(port)) return port;
  }
}
