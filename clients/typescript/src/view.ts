/**
 * The state as applications see it: one frozen snapshot, and who wants to hear when a part changes.
 *
 * @module
 */

import type { Document } from './document.js';
import { guarded } from './events.js';
import type { Json } from './json.js';
import { memberOf } from './layout.js';
import { parsePath } from './path.js';

type Listener = (value: Json | undefined, before: Json | undefined) => void;

interface Subscription {
  readonly segments: readonly string[];
  readonly listener: Listener;
  value: Json | undefined;
}

const segmentsOf = (path: string): string[] => (path ? parsePath(path) : []);

export function createView(document: Document) {
  let state = document.state();
  const subscriptions = new Set<Subscription>();

  const find = (segments: readonly string[]): Json | undefined => segments.reduce<Json | undefined>(memberOf, state);

  const tell = (subscription: Subscription): void => {
    const { value: before, listener, segments } = subscription;
    // A listener may have written, or unsubscribed another.
    const value = find(segments);
    if (value === before || !subscriptions.has(subscription)) return;
    subscription.value = value;
    guarded(() => listener(value, before));
  };

  return {
    /** What stands at a path; the whole state for the empty one. */
    get: (path: string): Json | undefined => find(segmentsOf(path)),

    subscribe(path: string, listener: Listener): () => void {
      const segments = segmentsOf(path);
      const subscription = { segments, listener, value: find(segments) };
      subscriptions.add(subscription);
      return () => void subscriptions.delete(subscription);
    },

    /** Takes up what has changed in the document. Equal parts are the same objects as before. */
    update(): void {
      const next = document.state();
      if (next === state) return;
      state = next;
      for (const subscription of [...subscriptions]) tell(subscription);
    },
  };
}
