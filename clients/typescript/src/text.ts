/**
 * Text as the node sees it: UTF-8, compared byte by byte.
 *
 * @module
 */

const encoder = new TextEncoder();

/** The bytes of a text in UTF-8. */
export const byteLength = (text: string): number => encoder.encode(text).length;

/** UTF-16 puts surrogates below U+E000, UTF-8 puts what they stand for above U+FFFF. */
const rank = (unit: number): number => (unit < 0xd800 ? unit : unit < 0xe000 ? unit + 0x2000 : unit - 0x800);

/** The order of two texts by their UTF-8 bytes. */
export function compareText(a: string, b: string): number {
  for (let i = 0; i < a.length && i < b.length; i++) {
    if (a[i] !== b[i]) return rank(a.charCodeAt(i)) - rank(b.charCodeAt(i));
  }
  return a.length - b.length;
}

/** True when a text holds half of a surrogate pair, which UTF-8 cannot say. */
export const isBroken = (text: string): boolean => /\p{Cs}/u.test(text);
