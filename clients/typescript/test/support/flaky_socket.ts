/** A real WebSocket over a network that a test can break. */

import { WebSocket as Real } from 'ws';

export class FlakyNetwork {
  readonly #sockets = new Set<FlakyLine>();
  isUp = true;
  /** Every frame that a client has sent, whether it arrived or not. */
  readonly sent: string[] = [];

  /** What a client takes for its WebSocket. */
  readonly Socket: new (url: string, protocols?: string | string[]) => WebSocket;

  constructor() {
    const network = this;
    this.Socket = class extends FlakyLine {
      constructor(url: string, protocols?: string | string[]) {
        super(url, protocols, network.isUp);
        network.#sockets.add(this);
      }

      override send(text: string): void {
        network.sent.push(text);
        super.send(text);
      }
    } as never;
  }

  /** Breaks every connection, without a goodbye: what is on its way may or may not arrive. */
  break(): void {
    for (const socket of this.#sockets) socket.cut();
    this.#sockets.clear();
  }

  /** From now on what the node says is lost, and then the connection: acks above all. */
  deafen(): void {
    for (const socket of this.#sockets) socket.onmessage = null;
  }
}

class FlakyLine {
  readonly #real: Real | undefined;
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: string }) => void) | null = null;
  onclose: ((event: { code: number; reason: string }) => void) | null = null;
  onerror: (() => void) | null = null;

  constructor(url: string, protocols: string | string[] | undefined, isUp: boolean) {
    if (!isUp) {
      setTimeout(() => this.cut());
      return;
    }
    this.#real = new Real(url, protocols, { perMessageDeflate: false });
    this.#real.on('open', () => this.onopen?.());
    this.#real.on('message', (data) => this.onmessage?.({ data: String(data) }));
    this.#real.on('close', (code, reason) => this.onclose?.({ code, reason: String(reason) }));
    this.#real.on('error', () => {});
  }

  send(text: string): void {
    if (this.#real?.readyState === Real.OPEN) this.#real.send(text);
  }

  close(): void {
    this.#real?.close();
  }

  cut(): void {
    const { onclose } = this;
    this.onopen = this.onmessage = this.onclose = null;
    this.#real?.terminate();
    onclose?.({ code: 1006, reason: '' });
  }
}
