/**
 * One connection to one node, from opening to its end. It knows envelopes and silence, and nothing
 * of what they are about.
 *
 * @module
 */

import type { Environment } from './environment.js';
import type { Envelope } from './messages.js';

/** How long a node may take to answer. */
const answerMs = 10_000;
/** After this long without a word the node is asked whether it is there. */
const quietMs = 30_000;

/** The end of a connection whose node falls silent. */
export const silence = 0;

export interface ConnectionHooks {
  opened(): void;
  received(envelope: Envelope): void;
  /** Nothing has come for a while: something must be asked that the node answers. */
  quiet(): void;
  /** Called once, with the WebSocket's close code, or `silence`. */
  closed(code: number, reason: string): void;
}

export type Connection = ReturnType<typeof openConnection>;

export function openConnection(url: string, Socket: NonNullable<Environment['WebSocket']>, hooks: ConnectionHooks) {
  const socket = new Socket(url, 'anabranch.v1.json');
  let timer: ReturnType<typeof setTimeout> | undefined;
  /** Things asked that are not answered yet. The opening is the first. */
  let unanswered = 1;
  let isEnded = false;

  /** Ends the connection without waiting for the node to agree. */
  const end = (code: number, reason: string): void => {
    if (isEnded) return;
    isEnded = true;
    clearTimeout(timer);
    socket.close(1000);
    hooks.closed(code, reason);
  };

  const watch = (): void => {
    clearTimeout(timer);
    const late = (): void => (unanswered ? end(silence, 'the node does not answer') : hooks.quiet());
    if (!isEnded) timer = setTimeout(late, unanswered ? answerMs : quietMs);
  };

  const read = (data: unknown): void => {
    watch();
    const frame = JSON.parse(data as string) as Envelope | Envelope[];
    for (const envelope of [frame].flat()) if (!isEnded) hooks.received(envelope);
  };

  /** Something that was asked is answered. */
  const answered = (): void => {
    if (unanswered) unanswered--;
    watch();
  };

  socket.onopen = () => {
    answered();
    if (!isEnded) hooks.opened();
  };
  socket.onmessage = ({ data }) => read(data);
  // The close that follows tells more than the error does.
  socket.onerror = () => {};
  socket.onclose = ({ code, reason }) => end(code, reason);
  watch();

  return {
    answered,
    end,

    /** Sends what the node will answer. */
    send(event: string, payload: object): void {
      if (isEnded) return;
      socket.send(JSON.stringify({ event, payload }));
      if (!unanswered++) watch();
    },
  };
}
