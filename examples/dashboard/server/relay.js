// A TCP relay that can be cut.

import { connect, createServer } from 'node:net';

/** Relays a free port of this machine to `target`; resolves to `{ port, setCut }`. */
export async function openRelay(target) {
  const open = new Set();
  let isCut = false;

  const server = createServer((near) => {
    if (isCut) return near.destroy();
    const far = connect(target);
    for (const [one, other] of [[near, far], [far, near]]) {
      open.add(one);
      one.on('error', () => {});
      one.on('close', () => {
        open.delete(one);
        other.destroy();
      });
      one.pipe(other);
    }
  });
  await new Promise((listening, failed) => {
    server.once('error', failed).listen(0, '127.0.0.1', listening);
  });

  return {
    port: server.address().port,
    setCut(cut) {
      isCut = cut;
      if (cut) for (const socket of open) socket.destroy();
    },
  };
}
