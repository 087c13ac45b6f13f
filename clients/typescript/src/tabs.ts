/**
 * The tabs of one browser: who is who, who still lives, and what the others are writing.
 *
 * @module
 */

import type { Environment } from './environment.js';

/** How long a tab has for saying that it lives, where there are no locks to tell. */
const answerMs = 300;

type Question = { readonly ask: string; readonly from: string };
type Answer = { readonly alive: string };
type Note<Message> = Question | Answer | { readonly user: string; readonly message: Message };

export interface TabsSettings<Message> {
  /** Tells the clients of one page apart. */
  readonly name: string;
  readonly environment: Environment;
  /** What another tab has sent. */
  readonly onMessage: (message: Message) => void;
}

export class Tabs<Message> {
  /** `tab-` and eight hex digits; as long as the tab lives, through reloads. */
  id: string;
  /** Tells this page from another with the same id, until one of them has changed it. */
  readonly #page: string;
  readonly #channel: BroadcastChannel | undefined;
  #user: string | undefined;
  #release: (() => void) | undefined;
  readonly #answers = new Set<(tab: string) => void>();

  constructor(private readonly settings: TabsSettings<Message>) {
    this.#page = this.#newId();
    this.id = this.#stored() ?? this.#keep(this.#newId());
    const Channel = settings.environment.BroadcastChannel;
    this.#channel = Channel && new Channel(settings.name);
    if (this.#channel) this.#channel.onmessage = ({ data }) => this.#hear(data as Note<Message>);
  }

  /** Takes another id when the tab was duplicated and the original lives; true when it did. */
  async claim(): Promise<boolean> {
    if (await this.#isFree(this.id)) return false;
    this.id = this.#keep(this.#newId());
    await this.#isFree(this.id);
    return true;
  }

  /** Speaks with the other tabs of this user from now on. */
  join(user: string): void {
    this.#user = user;
  }

  post(message: Message): void {
    if (this.#user !== undefined) this.#channel?.postMessage({ user: this.#user, message });
  }

  /** Is there a live page with this id? Without any means to know: no. */
  async isAlive(tab: string): Promise<boolean> {
    const { locks } = this.settings.environment;
    if (locks) return !!(await locks.query()).held?.some(({ name }) => name === this.#lockOf(tab));
    return this.#ask(tab);
  }

  close(): void {
    this.#release?.();
    this.#channel?.close();
  }

  #hear(note: Note<Message>): void {
    if ('message' in note) {
      if (note.user === this.#user) this.settings.onMessage(note.message);
      return;
    }
    if ('alive' in note) return this.#answers.forEach((answer) => answer(note.alive));
    if (note.ask === this.id && note.from !== this.#page) this.#channel?.postMessage({ alive: this.id });
  }

  #ask(tab: string): Promise<boolean> {
    if (!this.#channel) return Promise.resolve(false);
    return new Promise((resolve) => {
      const answer = (alive: string) => alive === tab && resolve(true);
      this.#answers.add(answer);
      setTimeout(() => resolve(!this.#answers.delete(answer)), answerMs);
      this.#channel?.postMessage({ ask: tab, from: this.#page });
    });
  }

  /** Holds the id until the page goes, if nobody else holds it. */
  #isFree(tab: string): Promise<boolean> {
    const { locks } = this.settings.environment;
    if (!locks) return this.#ask(tab).then((alive) => !alive);
    return new Promise((resolve) => {
      const hold = (lock: Lock | null) => {
        resolve(!!lock);
        return lock && new Promise<void>((release) => (this.#release = release));
      };
      locks.request(this.#lockOf(tab), { ifAvailable: true }, hold).catch(() => resolve(true));
    });
  }

  #lockOf(tab: string): string {
    return `${this.settings.name}:${tab}`;
  }

  #newId(): string {
    const digits = Math.floor(this.settings.environment.random() * 2 ** 32).toString(16);
    return `tab-${digits.padStart(8, '0')}`;
  }

  #stored(): string | undefined {
    const id = this.#session((storage, key) => storage.getItem(key));
    return id && /^tab-[0-9a-f]{8}$/.test(id) ? id : undefined;
  }

  #keep(id: string): string {
    this.#session((storage, key) => storage.setItem(key, id));
    return id;
  }

  /** A full or forbidden sessionStorage is as good as none. */
  #session<T>(use: (storage: Storage, key: string) => T): T | undefined {
    const { sessionStorage } = this.settings.environment;
    try {
      return sessionStorage && use(sessionStorage, `${this.settings.name}:tab`);
    } catch {
      return undefined;
    }
  }
}
