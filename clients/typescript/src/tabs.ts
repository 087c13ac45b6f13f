/**
 * The tabs of one browser: who still lives, and what they tell each other.
 *
 * @module
 */

import type { Environment } from './environment.js';
import { newTabId } from './tab_id.js';

/** How long a tab has for saying that it lives, where there are no locks to tell. */
const answerMs = 300;

type Note<Message> =
  | { readonly ask: string; readonly from: string }
  | { readonly alive: string }
  | { readonly user: string; readonly message: Message };

export interface TabsSettings<Message> {
  /** Tells the clients of one origin apart. */
  readonly name: string;
  readonly environment: Environment;
  /** Another user's tabs are not heard. */
  readonly user: string;
  readonly hear: (message: Message) => void;
}

export type Tabs<Message> = ReturnType<typeof openTabs<Message>>;

export function openTabs<Message>({ name, environment, user, hear }: TabsSettings<Message>) {
  const { locks, BroadcastChannel: Channel } = environment;
  const channel = Channel && new Channel(name);
  /** Tells this page from another with the same id, until one of them has changed it. */
  const page = newTabId(environment);
  const answers = new Set<(tab: string) => void>();
  let own: string | undefined;
  let release = (): void => {};

  const say = (note: Note<Message>): void => channel?.postMessage(note);

  const take = (note: Note<Message>): void => {
    if ('message' in note) {
      if (note.user === user) hear(note.message);
    } else if ('alive' in note) {
      answers.forEach((answer) => answer(note.alive));
    } else if (note.ask === own && note.from !== page) say({ alive: own });
  };

  const ask = (tab: string): Promise<boolean> =>
    new Promise((resolve) => {
      if (!channel) return resolve(false);
      const answer = (alive: string) => alive === tab && resolve(true);
      answers.add(answer);
      setTimeout(() => resolve(!answers.delete(answer)), answerMs);
      say({ ask: tab, from: page });
    });

  const lockOf = (tab: string): string => `${name}:${tab}`;

  /** Holds the lock of an id until the page goes; false when another holds it. */
  const lock = (manager: NonNullable<Environment['locks']>, tab: string): Promise<boolean> =>
    new Promise((resolve, reject) => {
      const hold = (granted: Lock | null): Promise<void> | undefined => {
        resolve(!!granted);
        return granted ? new Promise((done) => (release = done)) : undefined;
      };
      manager.request(lockOf(tab), { ifAvailable: true }, hold).catch(reject);
    });

  if (channel) channel.onmessage = ({ data }) => take(data as Note<Message>);

  return {
    /** Takes an id for this page; false when a live page has it. */
    async claim(tab: string): Promise<boolean> {
      const isFree = locks ? await lock(locks, tab) : !(await ask(tab));
      if (isFree) own = tab;
      return isFree;
    },

    /** Is there a live page with this id? Without any means to know: no. */
    isAlive: async (tab: string): Promise<boolean> =>
      locks ? !!(await locks.query()).held?.some((held) => held.name === lockOf(tab)) : ask(tab),

    post: (message: Message): void => say({ user, message }),

    close(): void {
      release();
      channel?.close();
    },
  };
}
