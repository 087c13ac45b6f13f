// The rules on the repository itself, and each rule on files that are known to break or keep it.

import assert from 'node:assert/strict';
import test from 'node:test';

import { findBadAwaits } from './coroutine_rules.js';
import { findingsOf, longFiles, rules } from './rules.js';
import { readTree } from './tree.js';

const tree = readTree();

for (const [name, rule] of Object.entries(rules)) {
  test(`the repository: ${name}`, (t) => {
    const lines = findingsOf(rule, tree).map(({ path, line, message }) => `${path}:${line}: ${message}`);
    assert.equal(lines.length, 0, `\n${lines.join('\n')}`);
  });
}

test('the repository: long files are named', (t) => {
  assert.ok(tree.size > 0, 'no sources were found');
  for (const { path, lines } of longFiles(tree)) t.diagnostic(`${path}: ${lines} lines: is there a seam?`);
});

const all = (files) =>
  Object.values(rules).flatMap((rule) => findingsOf(rule, new Map(Object.entries(files))));
const header = (...lines) => ['#pragma once', ...lines].join('\n');

const broken = {
  'crdt includes wire': ['crdt/path.cpp', '#include "wire/limits.h"'],
  'cluster includes storage': ['cluster/replica.cpp', '#include "storage/store.h"'],
  'cluster includes transport': ['cluster/replica.cpp', '#include "transport/peer/peer_link.h"'],
  'storage includes cluster': ['storage/store.cpp', '#include "cluster/replica.h"'],
  'one half of transport includes the other': ['transport/peer/a.cpp', '#include "transport/client/server.h"'],
  'the load generator includes the node': ['load/fleet.cpp', '#include "transport/client/server.h"'],
  'product code includes benchmarks': ['node/main.cpp', '#include "bench/micro/samples.h"'],
  'product code includes tests': ['node/main.cpp', '#include "tests/support/fake.h"'],
  'crdt uses a library': ['crdt/value.cpp', '#include <boost/json.hpp>'],
  'cluster uses a system header': ['cluster/tick.cpp', '#include <unistd.h>'],
  'a header of wire shows a library': ['wire/codec.h', header('#include <msgpack.hpp>')],
  'a third-party header in quotes': ['wire/codec.h', header('#include "tl/expected.hpp"')],
  'a header of storage shows RocksDB': ['storage/store.h', header('#include <rocksdb/db.h>')],
  'the seam of the sessions shows Beast': ['transport/client/sessions.h', header('#include <boost/beast.hpp>')],
  'a header of the peers shows Asio': ['transport/peer/link.h', header('#include <boost/asio.hpp>')],
  'a private header is used elsewhere': ['node/node.cpp', '#include "storage/rocksdb_detail.h"'],
  'a header has no guard': ['base/ids.h', 'struct Id {};'],
  'cluster locks': ['cluster/replica.cpp', 'std::mutex mutex;'],
  'wire asks the clock': ['wire/rfc3339.cpp', 'auto t = std::chrono::system_clock::now();'],
  'base asks the steady clock elsewhere': ['base/ids.cpp', 'auto t = steady_clock::now();'],
  'crdt throws dice': ['crdt/stamp.cpp', 'int x = rand();'],
  'cluster reads the environment': ['cluster/tick.cpp', 'auto* home = std::getenv("HOME");'],
  'a test sleeps': ['tests/node/a_test.cpp', 'std::this_thread::sleep_for(1s);'],
  'a coroutine in storage': ['storage/a.cpp', 'task f() { co_return 1; }'],
};

for (const [name, [path, text]] of Object.entries(broken)) {
  test(`found: ${name}`, () => {
    const findings = all({ [path]: `${text}\n` });
    assert.equal(findings.length, 1, JSON.stringify(findings));
    assert.equal(findings[0].path, path);
    assert.equal(findings[0].line, text.split('\n').length, 'the line is named');
  });
}

test('a file that keeps all rules has no finding', () => {
  const files = {
    'base/result.h': header('#include <string>', '#include <tl/expected.hpp>'),
    'base/clock.cpp': 'auto t = std::chrono::system_clock::now();',
    'base/utf8.cpp': '#include "base/utf8.h"\n#include <simdjson.h>',
    'crdt/path.h': header('#include "base/result.h"', '#include <vector>', '// std::mutex is banned, "rand()" too'),
    'cluster/replica.cpp': '#include "wire/limits.h"\nconst char* s = "std::thread";\nint operand(int brand);',
    'transport/client/beast_session.h': header('#include <boost/beast/core.hpp>', '#include <sys/socket.h>'),
    'transport/peer/link.cpp': '#include <zmq.hpp>\nstd::mutex m;',
    'storage/a.cpp': '#include "storage/rocksdb_detail.h"\n#include <unistd.h>',
    'storage/rocksdb_detail.h': header('#include <rocksdb/db.h>'),
    'tests/node/a_test.cpp': '#include "node/config.h"\n#include <gtest/gtest.h>',
    'tests/node/poll.cpp': 'while (!done()) {\n  std::this_thread::sleep_for(rest);\n}',
  };
  assert.deepEqual(all(files), []);
});

const badAwaits = {
  'a capturing lambda as an argument': 'task f() {\n  co_await g([x] { return x; });\n}',
  'a lambda with parameters': 'task f() {\n  auto n = co_await g(1, [&](int a) -> int { return a; });\n}',
  'a lambda that spawns': 'task f() {\n  co_await co_spawn(ex, [self]() -> awaitable<void> { co_return; }, use_awaitable);\n}',
  'a brace temporary': 'task f() {\n  co_await g(Options{1, 2});\n}',
  'an untyped brace temporary': 'task f() {\n  co_await g({a, b});\n}',
  'a brace temporary before the await': 'task f() {\n  use(Point{1, 2}, co_await g());\n}',
  'inside a condition': 'task f() {\n  if (co_await g({a, b})) return;\n}',
  'within another block': 'void h() { if (x) { for (;;) {\n  co_await g(Options{});\n} } }',
  'after a lambda in another statement': 'task f() { auto l = [] { return 1; };\n  co_await g({a});\n}',
  'in a body of a lambda': 'void h() { spawn([s]() -> task {\n  co_await g({a});\n}); }',
};
for (const [name, text] of Object.entries(badAwaits)) {
  test(`found: co_await with ${name}`, () => {
    assert.deepEqual(findBadAwaits(text).map(({ line }) => line), [2]);
  });
}

const goodAwaits = {
  names: 'task f() { auto op = g(x); co_await std::move(op); }',
  'results of functions': 'task f() { co_await g(std::string("a{b"), h(1), buffer_[2]); }',
  'a structured binding': 'task f() { auto [e, n] = co_await g(as_tuple(use_awaitable)); }',
  'a lambda in a statement before': 'task f() { auto l = [x](int a) { return a; }; co_await g(l); }',
  'a brace initialiser in a statement before': 'task f() { Options o{1, 2}; co_await g(o); std::vector<int> v = {1}; }',
  'a lambda whose body awaits': 'void h() { spawn(ex, [s]() -> task { co_await g(s); }); }',
  conditions: 'task f() { while (!done) { if (auto r = co_await g(x); !r) { stop(); } else { co_await h(); } } }',
  'a loop over values': 'task f() { for (auto& [k, v] : map) { co_await g(k); } }',
  'a class around it': 'class A final : public B {\n public:\n  A() : a_{1}, b_(2) {}\n  task f() override { co_await g(a_); }\n int a_{0};\n};',
  attributes: 'task f() { if (x) [[unlikely]] { co_await g(); } }',
};
for (const [name, text] of Object.entries(goodAwaits)) {
  test(`let through: co_await with ${name}`, () => assert.deepEqual(findBadAwaits(text), []));
}
