// Free loopback ports for programs that must be told theirs. They are taken from below the range that
// the system gives to outgoing connections, so that none is lost between the asking and the binding.
// Each test process goes through them from a place of its own: where several run side by side, one must
// not take the port of another's node that is down for a moment.

import { createServer } from 'node:net';

const [first, count] = [12_000, 20_000];
let next = (process.pid * 613) % count;

const isFree = (port) =>
  new Promise((answer) => {
    const server = createServer();
    server.once('error', () => answer(false));
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => answer(true)));
  });

export async function freePort() {
  for (;;) {
    const port = first + next;
    next = (next + 1) % count;
    if (await isFree(port)) return port;
  }
}
