// What a Socket.IO dashboard with Redis runs, as well tuned as its makers advise: WebSocket alone, no
// compression, commands of one turn of the event loop in one pipeline, state before anybody hears of
// it. Every write is validated, put into Redis and then sent to the user's other devices and acked.
//
//   node socket_io.js --port 3000 --redis 6379 --secret-file F

import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { parseArgs } from 'node:util';

import { createAdapter } from '@socket.io/redis-adapter';
import { Redis } from 'ioredis';
import jwt from 'jsonwebtoken';
import { Server } from 'socket.io';

import { checkBatch, checkUpdate } from './validation.js';

const { values: options } = parseArgs({
  options: { port: { type: 'string' }, redis: { type: 'string' }, 'secret-file': { type: 'string' } },
});
const secret = readFileSync(options['secret-file'], 'utf8').replace(/\n$/, '');
const connect = (more = {}) => new Redis({ host: '127.0.0.1', port: Number(options.redis), ...more });

const store = connect({ enableAutoPipelining: true });
const http = createServer((_, response) => response.end('ok'));
const io = new Server(http, {
  transports: ['websocket'],
  perMessageDeflate: false,
  serveClient: false,
  adapter: createAdapter(connect(), connect()),
});

io.use((socket, next) => {
  jwt.verify(socket.handshake.auth.token, secret, { algorithms: ['HS256'] }, (error, claims) => {
    if (error || typeof claims.sub !== 'string') return next(new Error('unauthenticated'));
    socket.data.user = claims.sub;
    next();
  });
});

/** Nested objects out of the paths, ancestors first. */
function layOut(records) {
  const state = {};
  for (const path of Object.keys(records).sort()) {
    const segments = path.split('.');
    const last = segments.pop();
    let place = state;
    for (const segment of segments) place = typeof place[segment] === 'object' && place[segment] ? place[segment] : (place[segment] = {});
    place[last] = JSON.parse(records[path]);
  }
  return state;
}

const stateOf = (user) => `state:${user}`;
const versionOf = (user) => `version:${user}`;

async function update(socket, payload, ack) {
  const wrong = checkUpdate(payload);
  if (wrong) return ack?.({ error: wrong });
  const { user } = socket.data;
  const { path, value, sourceTabId } = payload;
  const stored = value === undefined ? store.hdel(stateOf(user), path) : store.hset(stateOf(user), path, JSON.stringify(value));
  const [version] = await Promise.all([store.incr(versionOf(user)), stored]);
  const timestamp = new Date().toISOString();
  const change = value === undefined ? { path, delete: true } : { path, value };
  socket.to(user).emit('dashboard.state.sync', { ...change, version, timestamp, sourceTabId });
  ack?.({ applied: true, version, timestamp });
}

async function batch(socket, payload, ack) {
  const wrong = checkBatch(payload);
  if (wrong) return ack?.({ error: wrong });
  const { user } = socket.data;
  const fields = payload.updates.flatMap(({ path, value }) => [path, JSON.stringify(value)]);
  const [version] = await Promise.all([store.incr(versionOf(user)), store.hset(stateOf(user), ...fields)]);
  const timestamp = new Date().toISOString();
  socket.to(user).emit('dashboard.state.batch', { updates: payload.updates, version, timestamp, sourceTabId: payload.sourceTabId });
  ack?.({ applied: true, version, timestamp });
}

async function full(socket) {
  const { user } = socket.data;
  const [records, version] = await Promise.all([store.hgetall(stateOf(user)), store.get(versionOf(user))]);
  socket.emit('dashboard.state.full', { state: layOut(records), version: Number(version ?? 0) });
}

const guarded = (handler) => (socket, payload, ack) =>
  handler(socket, payload, ack).catch((error) => ack?.({ error: error.message }));
const handlers = { update: guarded(update), batch: guarded(batch), request: guarded(full) };

io.on('connection', (socket) => {
  socket.join(socket.data.user);
  for (const [name, handle] of Object.entries(handlers)) {
    socket.on(`dashboard.state.${name}`, (payload, ack) => handle(socket, payload, ack));
  }
});

http.listen(Number(options.port), '127.0.0.1', 4096, () => console.log('ready'));
process.on('SIGTERM', () => process.exit(0));
