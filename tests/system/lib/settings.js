// Settings files and tokens for nodes.

import { createHmac } from 'node:crypto';

function tomlValue(value) {
  return Array.isArray(value) ? `[${value.map(tomlValue).join(', ')}]` : JSON.stringify(value);
}

const isTable = (value) => value !== null && typeof value === 'object' && !Array.isArray(value);
const isTableArray = (value) => Array.isArray(value) && value.length > 0 && value.every(isTable);

/** TOML of plain values, tables and arrays of tables. */
export function toToml(table, prefix = '') {
  const entries = Object.entries(table).filter(([, value]) => value !== undefined);
  const lines = entries
    .filter(([, value]) => !isTable(value) && !isTableArray(value))
    .map(([key, value]) => `${key} = ${tomlValue(value)}`);
  for (const [key, value] of entries) {
    const name = prefix + key;
    if (isTable(value)) lines.push('', `[${name}]`, toToml(value, `${name}.`));
    if (isTableArray(value)) lines.push(...value.flatMap((row) => ['', `[[${name}]]`, toToml(row, `${name}.`)]));
  }
  return lines.join('\n');
}

const base64url = (text) => Buffer.from(text).toString('base64url');

/** An HS256 token, which also a node whose clock is hours ahead takes. */
export function makeToken(secret, user, lifetimeSeconds = 30 * 86_400) {
  const header = base64url(JSON.stringify({ alg: 'HS256', typ: 'JWT' }));
  const claims = base64url(JSON.stringify({ sub: user, exp: Math.floor(Date.now() / 1000) + lifetimeSeconds }));
  const signature = createHmac('sha256', secret).update(`${header}.${claims}`).digest('base64url');
  return `${header}.${claims}.${signature}`;
}
