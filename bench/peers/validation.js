// The same rules of paths and values that Anabranch's protocol has, but for what JSON.parse settles.

const maxPathBytes = 1024;
const maxSegments = 32;
const maxSegmentBytes = 256;
const maxDepth = 64;
const controls = /[\u0000-\u001f\u007f]/;

function checkPath(path) {
  if (typeof path !== 'string' || path === '' || Buffer.byteLength(path) > maxPathBytes || controls.test(path)) return false;
  const segments = path.split('.');
  return segments.length <= maxSegments && segments.every((segment) => segment !== '' && segment !== '__proto__' && (segment.length <= maxSegmentBytes / 4 || Buffer.byteLength(segment) <= maxSegmentBytes));
}

function isShallow(value, left = maxDepth) {
  if (typeof value !== 'object' || value === null) return true;
  return left > 0 && Object.values(value).every((inner) => isShallow(inner, left - 1));
}

const isTab = (tab) => tab === undefined || (typeof tab === 'string' && tab.length >= 1 && tab.length <= 128);

function checkChange(change) {
  if (typeof change !== 'object' || change === null) return 'invalid_payload';
  if (!checkPath(change.path)) return 'invalid_path';
  if ((change.value === undefined) === (change.delete === undefined)) return 'invalid_payload';
  return isShallow(change.value) ? null : 'invalid_payload';
}

/** What is wrong with an update, or null. */
export function checkUpdate(payload) {
  const wrong = checkChange(payload);
  return wrong ?? (isTab(payload.sourceTabId) ? null : 'invalid_payload');
}

/** What is wrong with a batch, or null. */
export function checkBatch(payload) {
  if (typeof payload !== 'object' || payload === null || !Array.isArray(payload.updates) || payload.updates.length === 0) return 'invalid_payload';
  for (const change of payload.updates) {
    const wrong = checkChange(change);
    if (wrong) return wrong;
  }
  return isTab(payload.sourceTabId) ? null : 'invalid_payload';
}
