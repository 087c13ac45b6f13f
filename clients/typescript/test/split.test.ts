import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { sizeOf } from '../src/change.js';
import { createDocument } from '../src/document.js';
import type { Json } from '../src/json.js';
import { splitEdit } from '../src/split.js';
import { answer, change } from './support/fake_socket.js';
import { makeClient, settle, useFakes } from './support/client.js';

const seed = process.env.SEED ? { seed: Number(process.env.SEED) } : {};

const { value } = fc.letrec<{ value: Json }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.string({ maxLength: 60 }),
    fc.array(tie('value'), { maxLength: 8 }),
    fc.dictionary(fc.constantFrom('a', 'b', 'c.d', '0', '1', '10', ''), tie('value'), { maxKeys: 7, noNullPrototype: true }),
  ),
}));

describe('a value that is too large', () => {
  it('becomes parts that each fit and come to the same', () => {
    const limit = 300;
    let splits = 0;
    fc.assert(
      fc.property(value, (large) => {
        let parts;
        try {
          parts = splitEdit({ path: 'at', value: large }, limit);
        } catch (error) {
          // Keys that no path can say stay with their parent, which may be too much of it.
          expect(error).toMatchObject({ code: 'payload_too_large' });
          return;
        }
        if (parts.length > 1) splits++;
        for (const part of parts) expect(sizeOf(part)).toBeLessThanOrEqual(limit);
        const document = createDocument();
        // All of one stamp, in any order.
        for (const part of parts.toReversed()) document.merge(part.path, { version: 1, time: 1, tab: 'tab', value: part.value });
        expect(document.state()).toEqual({ at: large });
      }),
      { numRuns: 500, ...seed },
    );
    expect(splits).toBeGreaterThan(20);
  });
});

describe('a client', () => {
  useFakes();

  it('sends the parts with one stamp, as few updates as fit, and settles the write with the last', async () => {
    const client = makeClient();
    await settle();
    const socket = await answer({ limits: { updatesPerMinute: 0, burst: 0, maxUpdateBytes: 2000 } }, { changes: [change('big.old', 1)] });
    const large = Object.fromEntries(Array.from({ length: 100 }, (_, at) => [`k${at}`, 'x'.repeat(50)]));
    const result = client.set('big', large);
    await settle(200);
    expect(client.get('big')).toEqual(large);
    expect(socket.writes.length).toBeLessThan(10);
    expect(new Set(socket.writes.map(({ version, timestamp }) => `${version} ${timestamp}`)).size).toBe(1);
    for (const write of socket.writes) expect(JSON.stringify(write).length).toBeLessThan(2000);
    for (const write of socket.writes) {
      expect(client.pending).toBeGreaterThan(0);
      socket.ack(write);
    }
    await expect(result).resolves.toMatchObject({ applied: true });
    expect(client.get('big')).toEqual(large);
  });

  it('says when nothing can be split', async () => {
    const client = makeClient();
    client.on('error', () => {});
    await settle();
    await answer();
    expect(() => client.set('text', 'x'.repeat(70_000))).toThrow('the node takes');
    const result = client.set('deep', { text: 'x'.repeat(70_000) });
    await settle(200);
    await expect(result).rejects.toMatchObject({ code: 'payload_too_large', paths: ['deep'] });
    expect(client.get()).toEqual({});
  });
});
