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

/** Whose token it is. */
export function userOf(token: string): string {
  try {
    const [, claims = ''] = token.split('.');
    const bytes = Uint8Array.from(atob(claims.replace(/-/g, '+').replace(/_/g, '/')), (byte) => byte.charCodeAt(0));
    return String((JSON.parse(new TextDecoder().decode(bytes)) as { sub: unknown }).sub);
  } catch {
    throw new SyncError('token', 'the token is no JWT with a subject');
  }
}

export class Tokens {
  #token: string | undefined;
  #expiresAt = 0;

  constructor(
    private readonly provider: TokenProvider,
    private readonly now: () => number,
  ) {}

  /** The token in hand, or a new one. Rejects with `token`. */
  async get(): Promise<string> {
    if (this.#token !== undefined && this.now() < this.#expiresAt - tooLateMs) return this.#token;
    return this.renew();
  }

  async renew(): Promise<string> {
    try {
      return (this.#token = typeof this.provider === 'string' ? this.provider : await this.provider());
    } catch (error) {
      throw new SyncError('token', `no token: ${error instanceof Error ? error.message : error}`);
    }
  }

  /**
   * The node has taken the token: good until `expiresAt` of this machine's clock. Gives the time in
   * which to renew it; nothing when a renewal has brought nothing new.
   */
  accepted(expiresAt: number): number | undefined {
    const isNew = Math.abs(expiresAt - this.#expiresAt) > 1000;
    this.#expiresAt = expiresAt;
    // Timers of more than 2^31 ms fire at once.
    return isNew ? Math.min((expiresAt - this.now()) * 0.8, 2 ** 31 - 1) : undefined;
  }

  refused(): void {
    this.#token = undefined;
    this.#expiresAt = 0;
  }
}
