/**
 * Why a write was not taken, or what went wrong on the way:
 * - the node's own codes (docs/protocol.md), such as `invalid_path` or `state_limit`;
 * - `queue_full`: more unsent writes than the client holds;
 * - `storage`: unsent writes are not kept across a reload, or some that were kept cannot be read;
 * - `wrong_user`: the token belongs to another user than the one whose writes wait here;
 * - `token`: the token provider failed;
 * - `closed`: the client was closed first. The write is kept and sent by the next client.
 */
export type ErrorCode =
  | 'invalid_json'
  | 'invalid_payload'
  | 'invalid_path'
  | 'unknown_event'
  | 'payload_too_large'
  | 'version_ahead'
  | 'too_old'
  | 'rate_limited'
  | 'state_limit'
  | 'unauthenticated'
  | 'unavailable'
  | 'queue_full'
  | 'storage'
  | 'wrong_user'
  | 'token'
  | 'closed';

/** Every error that the client throws, rejects with or reports. */
export class SyncError extends Error {
  override readonly name = 'SyncError';

  constructor(
    readonly code: ErrorCode,
    message: string,
    /** The paths of the write concerned, if it is about one. */
    readonly paths: readonly string[] = [],
  ) {
    super(message);
  }
}
