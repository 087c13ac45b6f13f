/**
 * One connection to one node, from opening to its end. It knows envelopes and silence, and nothing
 * of what they are about.
 *
 * @module
 */

import type { Environment } from './environment.js';
import { subprotocol, type Envelope } from './messages.js';

/** How long a node may take to answer. */
const answerMs = 10_000;
/** After this long without a word the node is asked whether it is there. */
const quietMs = 30_000;

export interface ConnectionEvents {
  opened(): void;
  received(envelope: Envelope): void;
  /** Nothing has come for a while: something must be asked that the node answers. */
  quiet(): void;
  /** Called once. `code` is the WebSocket's close code, 0 when the node fell silent. */
  closed(code: number, reason: string): void;
}

export class Connection {
  readonly #socket: WebSocket;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** Things asked that are not answered yet. The opening is the first. */
  #unanswered = 1;
  #ended = false;

  constructor(
    readonly url: string,
    Socket: NonNullable<Environment['WebSocket']>,
    private readonly events: ConnectionEvents,
  ) {
    this.#socket = new Socket(url, subprotocol);
    this.#socket.onopen = () => {
      this.answered();
      events.opened();
    };
    this.#socket.onmessage = ({ data }) => this.#read(data);
    // The close that follows tells more than the error does.
    this.#socket.onerror = () => {};
    this.#socket.onclose = ({ code, reason }) => this.end(code, reason);
    this.#watch();
  }

  /** `asks`: the node will answer. */
  send(event: string, payload: object, asks = true): void {
    if (this.#ended) return;
    this.#socket.send(JSON.stringify({ event, payload }));
    if (asks && this.#unanswered++ === 0) this.#watch();
  }

  /** Something that was asked is answered. */
  answered(): void {
    if (this.#unanswered) this.#unanswered--;
    this.#watch();
  }

  /** Ends the connection without waiting for the node to agree. */
  end(code = 1000, reason = ''): void {
    if (this.#ended) return;
    this.#ended = true;
    clearTimeout(this.#timer);
    const socket = this.#socket;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close(1000);
    this.events.closed(code, reason);
  }

  #read(data: unknown): void {
    let frame: Envelope | Envelope[];
    try {
      frame = JSON.parse(String(data)) as Envelope | Envelope[];
    } catch {
      this.end(1007, 'the node sent what is not JSON');
      return;
    }
    this.#watch();
    for (const envelope of Array.isArray(frame) ? frame : [frame]) {
      if (!this.#ended) this.events.received(envelope);
    }
  }

  #watch(): void {
    clearTimeout(this.#timer);
    if (this.#ended) return;
    this.#timer = setTimeout(
      () => {
        if (this.#unanswered) this.end(0, 'the node does not answer');
        else this.events.quiet();
      },
      this.#unanswered ? answerMs : quietMs,
    );
  }
}
