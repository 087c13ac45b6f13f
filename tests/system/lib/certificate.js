// Certificates of the tests' own.

import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A certificate for this machine that has signed itself: {certificate, key, pem}, the first two files. */
export function makeCertificate(folder, name, { days = 90 } = {}) {
  const [certificate, key] = [join(folder, `${name}.pem`), join(folder, `${name}-key.pem`)];
  const { status, stderr, error } = spawnSync('openssl', [
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', `${days}`],
    ...['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'],
    ...['-keyout', key, '-out', certificate],
  ]);
  if (status !== 0) throw new Error(`openssl: ${error?.message ?? stderr}`);
  return { certificate, key, pem: readFileSync(certificate, 'utf8') };
}
