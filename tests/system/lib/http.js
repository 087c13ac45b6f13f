import * as http from 'node:http';
import * as https from 'node:https';

/**
 * GET on loopback, on a connection of its own: {status, body}. `ca`: over TLS, from a server that has
 * this certificate.
 */
export function httpGet(port, path, { timeoutMs = 5_000, ca, headers = {} } = {}) {
  const { get } = ca ? https : http;
  return new Promise((resolve, reject) => {
    const asked = { host: '127.0.0.1', port, path, ca, agent: false, timeout: timeoutMs, headers };
    const request = get(asked, (response) => {
      let body = '';
      response.on('data', (data) => (body += data));
      response.on('end', () => resolve({ status: response.statusCode, body }));
      response.on('error', reject);
    });
    request.on('timeout', () => request.destroy(new Error(`no answer to GET ${path} within ${timeoutMs} ms`)));
    request.on('error', reject);
  });
}
