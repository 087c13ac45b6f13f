import { describe, expect, it, vi } from 'vitest';

import type { Client } from '../src/index.js';
import { FakeBrowser, type FakeTab } from './support/browser.js';
import { FakeSocket, answer, change } from './support/fake_socket.js';
import { keptStore, makeClient, settle, useFakes } from './support/client.js';

useFakes();

/** A page in a tab; `storage: undefined` takes what the browser has. */
function load(tab: FakeTab, options = {}): Client {
  const client = makeClient({ storage: undefined as never, environment: tab.environment, ...options });
  tab.clients.push(client);
  return client;
}

/** fake-indexeddb works with timers: they are the test's. */
const opened = () => settle(600);

describe("a tab's id", () => {
  it('is tab- and eight hex digits, and survives a reload', async () => {
    const tab = new FakeBrowser().open();
    const { tabId } = load(tab);
    await opened();
    expect(tabId).toMatch(/^tab-[0-9a-f]{8}$/);
    const again = load(tab.reload());
    expect(again.tabId).toBe(tabId);
    await opened();
    expect(again.tabId).toBe(tabId);
  });

  it.each([['locks', true], ['a channel alone', false]])('is new in a duplicated tab, told by %s', async (_, hasLocks) => {
    const browser = Object.assign(new FakeBrowser(), { hasLocks });
    const tab = browser.open();
    const original = load(tab);
    await opened();
    const copy = load(tab.duplicate());
    void copy.set('early', 1);
    await opened();
    expect(copy.tabId).not.toBe(original.tabId);
    expect(copy.tabId).toMatch(/^tab-[0-9a-f]{8}$/);
    const socket = await answer();
    expect(socket.writes).toMatchObject([{ path: 'early', sourceTabId: copy.tabId }]);
  });

  it('needs no browser', () => {
    expect(makeClient().tabId).toMatch(/^tab-[0-9a-f]{8}$/);
  });

  it('needs no storage that works', async () => {
    const broken = { getItem: () => { throw new Error('denied'); }, setItem: () => { throw new Error('denied'); } };
    const client = makeClient({ environment: { sessionStorage: broken as never, localStorage: broken as never } });
    await settle();
    await answer();
    expect(client.status).toBe('synced');
  });
});

describe.each([
  ['IndexedDB', () => new FakeBrowser()],
  ['localStorage', () => Object.assign(new FakeBrowser(), { indexedDB: undefined })],
])('writes kept in %s', (_, makeBrowser) => {
  it('survive a reload without a network, and are sent with their first stamps', async () => {
    FakeSocket.reachable = false;
    const tab = makeBrowser().open();
    const before = load(tab);
    await opened();
    void before.set('a', 1);
    void before.batch([{ path: 'b', value: [1, { c: null }] }, { path: 'd', delete: true }]);
    await opened();
    const reloaded = tab.reload();
    FakeSocket.reachable = true;
    const after = load(reloaded);
    await opened();
    expect(after.get()).toEqual({ a: 1, b: [1, { c: null }] });
    expect(after.pending).toBe(2);
    void after.set('a', 2);
    const socket = await answer({}, { version: 0 });
    await settle(200);
    expect(socket.writes).toMatchObject([
      { updates: [{ path: 'b' }, { path: 'd', delete: true }], version: 1, sourceTabId: before.tabId },
      { path: 'a', value: 2, version: 1 },
    ]);
    for (const write of socket.writes) socket.ack(write);
    await opened();
    expect(after.pending).toBe(0);
    const third = load(reloaded.reload());
    await opened();
    expect(third.pending).toBe(0);
  });

  it('go on where the clock was', async () => {
    const tab = makeBrowser().open();
    load(tab);
    await opened();
    await answer({ time: new Date(Date.now() + 60_000).toISOString() }, { version: 41 });
    await settle(2000);
    FakeSocket.reachable = false;
    const after = load(tab.reload());
    await opened();
    void after.set('a', 1);
    const writtenAt = Date.now();
    FakeSocket.reachable = true;
    const socket = await answer();
    await settle(200);
    expect(socket.writes).toMatchObject([{ path: 'a', version: 42 }]);
    // The node's clock was a minute ahead; half of the way to it is not known.
    const ahead = Date.parse(socket.writes[0]?.timestamp as string) - writtenAt;
    expect(ahead).toBeGreaterThan(59_000);
    expect(ahead).toBeLessThan(61_000);
  });
});

it('keeps what was written by a client that was closed before its store was open', async () => {
  FakeSocket.reachable = false;
  const kept = new Map<string, string>();
  const client = makeClient({ storage: () => keptStore(kept) });
  void client.set('a', 1);
  client.close();
  const next = makeClient({ storage: () => keptStore(kept) });
  await opened();
  expect(next.get('a')).toBe(1);
});

describe('a store that fails', () => {
  it('sets aside what cannot be read, says so, and goes on', async () => {
    const browser = Object.assign(new FakeBrowser(), { indexedDB: undefined });
    browser.localStorage.setItem('anabranch:alice/1/1/tab-x', '{"half');
    browser.localStorage.setItem('anabranch:alice/1/2/tab-x', '{"id":"x","version":1,"time":2,"tab":"t","changes":[{"path":"a..b","value":1}]}');
    const error = vi.fn();
    const client = load(browser.open(), { user: 'alice' });
    client.on('error', error);
    await opened();
    expect(error).toHaveBeenCalledTimes(2);
    expect(error.mock.calls[0]?.[0]).toMatchObject({ code: 'storage' });
    expect(browser.localStorage.getItem('anabranch:alice/aside/1/1/tab-x')).toBe('{"half');
    await answer();
    expect(client.status).toBe('synced');
    void client.set('a', 1);
    await opened();
    expect(client.pending).toBe(1);
  });

  it('is replaced by the next best', async () => {
    const browser = new FakeBrowser();
    browser.indexedDB = { open: () => { throw new Error('no space'); } } as never;
    const error = vi.fn();
    const client = load(browser.open(), { user: 'alice' });
    client.on('error', error);
    await opened();
    void client.set('a', 1);
    await opened();
    expect(error).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ code: 'storage' }));
    expect(browser.localStorage.entries().map(([key]) => key).join()).toContain('anabranch:alice/');
  });

  it('is given up when it does not open', async () => {
    const browser = new FakeBrowser();
    browser.indexedDB = { open: () => ({}) } as never;
    const client = load(browser.open(), { user: 'alice' });
    client.on('error', () => {});
    void client.set('a', 1);
    await settle(6000);
    await answer();
    expect(client.status).toBe('synced');
    expect(browser.localStorage.entries().map(([key]) => key).join()).toContain('anabranch:alice/');
  });

  it('does not stop writes when it takes none', async () => {
    const client = makeClient({
      storage: () => ({ entries: async () => [], set: () => Promise.reject(new Error('full')), delete: () => Promise.reject(new Error('full')) }),
    });
    const error = vi.fn();
    client.on('error', error);
    await settle();
    const socket = await answer();
    const result = client.set('a', 1);
    await settle(100);
    socket.ack(socket.writes[0] as never);
    await expect(result).resolves.toMatchObject({ applied: true });
    expect(error).toHaveBeenCalledWith(expect.objectContaining({ code: 'storage' }));
  });
});

describe.each([['locks', true], ['a channel alone', false]])('tabs of one browser, with %s', (_, hasLocks) => {
  const makeBrowser = () => Object.assign(new FakeBrowser(), { hasLocks });

  it('show each other what waits, without a network', async () => {
    FakeSocket.reachable = false;
    const browser = makeBrowser();
    const [one, two] = [load(browser.open(), { user: 'alice' }), load(browser.open(), { user: 'alice' })];
    await opened();
    const seen: unknown[] = [];
    two.subscribe('a', (value) => seen.push(value));
    void one.set('a', 1);
    await opened();
    void one.set('a', 2);
    await opened();
    expect(two.get('a')).toBe(2);
    expect(seen).toEqual([1, 2]);
    void two.set('a', 3);
    await opened();
    expect([one.get('a'), two.get('a')]).toEqual([3, 3]);
    const three = load(browser.open(), { user: 'alice' });
    await opened();
    expect(three.get('a')).toBe(3);
    expect(three.pending).toBe(0);
    const other = load(browser.open(), { user: 'bob' });
    await opened();
    expect(other.get()).toEqual({});
  });

  it('agree when one of them has its write acknowledged or refused', async () => {
    const browser = makeBrowser();
    const one = load(browser.open());
    await opened();
    const socket = await answer();
    FakeSocket.reachable = false;
    const two = load(browser.open(), { user: 'alice' });
    one.on('error', () => {});
    await opened();
    const seen: unknown[] = [];
    two.subscribe('a', (value) => seen.push(value));
    void one.set('a', 1);
    await opened();
    socket.ack(socket.writes[0] as never);
    await opened();
    expect(seen).toEqual([1]);
    void one.set('a', 2);
    await opened();
    socket.refuse(socket.writes[1] as never, 'state_limit');
    await opened();
    expect(seen).toEqual([1, 2, 1]);
  });

  it('send what a tab that was closed for good has left behind', async () => {
    FakeSocket.reachable = false;
    const browser = makeBrowser();
    const tab = browser.open();
    const one = load(tab, { user: 'alice' });
    const two = load(browser.open(), { user: 'alice' });
    await opened();
    void one.set('left', 'behind');
    await opened();
    expect(two.pending).toBe(0);
    FakeSocket.all = [];
    tab.end();
    FakeSocket.reachable = true;
    await settle(40_000);
    expect(two.pending).toBe(1);
    const socket = await answer();
    expect(socket.writes).toMatchObject([{ path: 'left', value: 'behind', sourceTabId: one.tabId }]);
    socket.ack(socket.writes[0] as never);
    await opened();
    const three = load(browser.open(), { user: 'alice' });
    await opened();
    expect(three.pending).toBe(0);
    expect(three.get()).toEqual({});
  });

  it('keep their own newer write when they take over an older one', async () => {
    FakeSocket.reachable = false;
    const browser = makeBrowser();
    const tab = browser.open();
    const one = load(tab, { user: 'alice' });
    const two = load(browser.open(), { user: 'alice' });
    await opened();
    void one.set('a', 'old');
    await opened();
    void two.set('a', 'new');
    await opened();
    FakeSocket.all = [];
    tab.end();
    await settle(40_000);
    expect(two.get('a')).toBe('new');
    FakeSocket.reachable = true;
    const socket = await answer();
    expect(socket.writes).toContainEqual(expect.objectContaining({ path: 'a', value: 'new', sourceTabId: two.tabId }));
  });

  it('leave a tab that lives its own writes', async () => {
    FakeSocket.reachable = false;
    const browser = makeBrowser();
    const one = load(browser.open(), { user: 'alice' });
    const two = load(browser.open(), { user: 'alice' });
    await opened();
    void one.set('mine', 1);
    await settle(60_000);
    expect([one.pending, two.pending]).toEqual([1, 0]);
  });

  it('write above what they see of each other', async () => {
    FakeSocket.reachable = false;
    const browser = makeBrowser();
    const one = load(browser.open(), { user: 'alice', environment: {} });
    const fast = browser.open();
    const two = load(browser.open(), { user: 'alice' });
    const ahead = load(fast, { user: 'alice', environment: { ...fast.environment, now: () => Date.now() + 5000 } });
    await opened();
    void ahead.set('a', 'ahead');
    await opened();
    void two.set('a', 'after');
    await opened();
    expect([ahead.get('a'), two.get('a')]).toEqual(['after', 'after']);
    expect(one.get()).toEqual({});
  });
});

it("does not send one user's writes with another's token", async () => {
  const browser = new FakeBrowser();
  const client = load(browser.open(), { user: 'bob' });
  const error = vi.fn();
  client.on('error', error);
  void client.set('secret', 1);
  await opened();
  const socket = await answer({}, { changes: [change('alices', 1)] });
  await settle(200);
  expect(error).toHaveBeenCalledWith(expect.objectContaining({ code: 'wrong_user' }));
  expect(client.status).toBe('unauthorized');
  expect(socket.writes).toEqual([]);
  expect(client.get()).toEqual({ secret: 1 });
});
