/** What docs/ and the README show must compile and run as it is written. */

import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { NodeProcess, program } from './support/node_process.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const text = readFileSync(join(root, '../../docs/client.md'), 'utf8');

/** The code blocks of a language. */
const blocks = (language: string): string[] =>
  [...text.matchAll(/^```(\w+)\n(.*?)^```$/gms)].flatMap(([, name, code]) => (name === language ? [code ?? ''] : []));

/** Inside of the package, so that it knows itself by its name. */
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(root, 'dist', 'docs-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('docs/client.md', () => {
  it('shows TypeScript that compiles', () => {
    const files = ['ts', 'tsx'].flatMap((language) =>
      blocks(language).map((code, at) => {
        const name = `${language}-${at}.${language}`;
        writeFileSync(join(folder, name), `${code}\nexport {};\n`);
        return name;
      }),
    );
    expect(files.length).toBeGreaterThan(4);
    const compilerOptions = { rootDir: '../..', noUnusedLocals: false };
    const options = { extends: '../../tsconfig.test.json', compilerOptions, include: ['*'], exclude: [] };
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(options));
    const compile = () => execFileSync(join(root, 'node_modules/.bin/tsc'), ['--project', folder], { encoding: 'utf8' });
    expect(compile).not.toThrow();
  });

  it.skipIf(!program)('shows a program that runs', async () => {
    const nodes = await NodeProcess.cluster(['dev']);
    const [node] = nodes as [NodeProcess];
    try {
      const file = join(folder, 'hello.mjs');
      writeFileSync(file, blocks('js')[0] ?? '');
      // Node.js 20 has its WebSocket behind a flag, which newer ones take as well.
      const args = ['--experimental-websocket', '--no-warnings', file, node.url, node.token('reader')];
      const { stdout, stderr } = await promisify(execFile)(process.execPath, args);
      expect(stderr).toBe('');
      expect(stdout).toMatch(/greetings.*hello at 2/s);
      expect(await node.stateOf('reader')).toMatchObject({ greetings: { node: expect.stringContaining('hello at') } });
    } finally {
      await NodeProcess.destroy(nodes);
    }
  });
});
