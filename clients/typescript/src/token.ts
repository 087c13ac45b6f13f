/**
 * Tokens: asked of the application when the last one is no longer good.
 *
 * @module
 */

import { SyncError } from './errors.js';

/** A JWT, or what gets one: called whenever a new one is needed, well before the old one expires. */
export type TokenProvider = string | (() => string | Promise<string>);

/** A token that ends sooner than this is not worth connecting with. */
const tooLateMs = 5000;

export type Tokens = ReturnType<typeof createTokens>;

export function createTokens(provider: TokenProvider, now: () => number) {
  let token: string | undefined;
  let expiresAt = 0;

  /** Asks for a new one. Rejects with `token`. */
  const renew = async (): Promise<string> => {
    try {
      return (token = typeof provider === 'string' ? provider : await provider());
    } catch (error) {
      throw new SyncError('token', `no token: ${error}`);
    }
  };

  return {
    renew,

    /** The token in hand, or a new one. */
    get: async (): Promise<string> => (token && now() < expiresAt - tooLateMs ? token : renew()),

    /** A node has taken the token, which is good for this long. True when there may be another. */
    accepted(lifetimeMs: number): boolean {
      expiresAt = now() + lifetimeMs;
      return typeof provider === 'function';
    },

    refused(): void {
      expiresAt = 0;
    },
  };
}
