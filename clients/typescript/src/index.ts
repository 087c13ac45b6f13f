/**
 * State shared by a user's tabs and devices, through the nearest node, online and offline.
 *
 * @packageDocumentation
 */

export type { Client, ClientEvents } from './api.js';
export type { Change } from './change.js';
export { createClient } from './client.js';
export type { Environment } from './environment.js';
export { SyncError, type ErrorCode } from './errors.js';
export type { ReceivedRecord } from './inbox.js';
export type { Json, JsonArray, JsonObject } from './json.js';
export type { NodeInfo, Status } from './link.js';
export type { ClientOptions } from './options.js';
export type { AckedWrite } from './outbox.js';
export { path } from './path.js';
export type { WriteResult } from './queue.js';
export type { OpenStore, Store } from './storage/store.js';
export type { TokenProvider } from './token.js';
export type { PathOf, Snapshot, ValueAt } from './typed.js';
