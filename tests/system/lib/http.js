import { get } from 'node:http';

/** GET on loopback, on a connection of its own: {status, body}. */
export function httpGet(port, path, { timeoutMs = 5_000, headers = {} } = {}) {
  return new Promise((resolve, reject) => {
    const request = get({ host: '127.0.0.1', port, path, agent: false, timeout: timeoutMs, headers }, (response) => {
      let body = '';
      response.on('data', (data) => (body += data));
      response.on('end', () => resolve({ status: response.statusCode, body }));
      response.on('error', reject);
    });
    request.on('timeout', () => request.destroy(new Error(`no answer to GET ${path} within ${timeoutMs} ms`)));
    request.on('error', reject);
  });
}
