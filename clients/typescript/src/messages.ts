/**
 * What a node says, as it comes over the wire (docs/protocol.md).
 *
 * @module
 */

import type { Change } from './change.js';
import type { ErrorCode } from './errors.js';
import type { Json } from './json.js';
import type { Limits } from './pace.js';

interface Written {
  readonly version: number;
  readonly timestamp: string;
  readonly sourceTabId: string;
  readonly dot?: string;
}

export type WireRecord = Change<string, Json> & Written;

export interface AuthOk {
  readonly userId: string;
  readonly node: string;
  readonly region: string;
  readonly expiresAt: string;
  readonly time: string;
  readonly limits: Limits;
}

export interface Delta {
  readonly changes: readonly WireRecord[];
  readonly complete: boolean;
  readonly version: number;
  readonly cursor: string;
  readonly behind: boolean;
}

export interface Ack {
  readonly id: string;
  readonly applied: boolean;
  readonly version: number;
  readonly timestamp: string;
  readonly durability: 'local' | 'replicated';
  readonly dot?: string;
}

export interface Refusal {
  readonly code: ErrorCode;
  readonly message: string;
  readonly id?: string;
  readonly retryAfterMs?: number;
}

/** Everything that a node may send. */
export interface NodeEvents {
  'auth.ok': AuthOk;
  'dashboard.state.sync': WireRecord;
  'dashboard.state.batch': Written & { readonly updates: readonly Change<string, Json>[] };
  'dashboard.state.delta': Delta;
  'dashboard.state.ack': Ack;
  'dashboard.state.error': Refusal;
}

export type Envelope = { [E in keyof NodeEvents]: { readonly event: E; readonly payload: NodeEvents[E] } }[keyof NodeEvents];

export const subprotocol = 'anabranch.v1.json';
