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

export class View {
  #state: Json;
  readonly #subscriptions = new Set<Subscription>();

  constructor(private readonly document: Document) {
    this.#state = document.state();
  }

  /** What stands at a path; the whole state for the empty one. */
  get(path: string): Json | undefined {
    return this.#find(segmentsOf(path));
  }

  subscribe(path: string, listener: Listener): () => void {
    const segments = segmentsOf(path);
    const subscription = { segments, listener, value: this.#find(segments) };
    this.#subscriptions.add(subscription);
    return () => void this.#subscriptions.delete(subscription);
  }

  /** Takes up what has changed in the document. Equal parts are the same objects as before. */
  update(): void {
    const state = this.document.state();
    if (state === this.#state) return;
    this.#state = state;
    for (const subscription of [...this.#subscriptions]) this.#tell(subscription);
  }

  #find(segments: readonly string[]): Json | undefined {
    return segments.reduce<Json | undefined>(memberOf, this.#state);
  }

  #tell(subscription: Subscription): void {
    const before = subscription.value;
    // A listener may have written, or unsubscribed another.
    const value = this.#find(subscription.segments);
    if (Object.is(value, before) || !this.#subscriptions.has(subscription)) return;
    subscription.value = value;
    guarded(() => subscription.listener(value, before));
  }
}
