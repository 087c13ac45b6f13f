// A clock of one node's own, which a test puts forward and back while the node runs.

import { existsSync, renameSync, writeFileSync } from 'node:fs';

const library = ['x86_64', 'aarch64'].map((machine) => `/usr/lib/${machine}-linux-gnu/faketime/libfaketimeMT.so.1`).find(existsSync);

/** Why clocks cannot be set here; false when they can. */
export const skewMissing = !library && 'the package faketime is not installed';

export class SkewedClock {
  constructor(file) {
    this.file = file;
    this.set(0);
  }

  /** By how much it differs from the machine's clock from now on; the node sees it within a second. */
  set(seconds) {
    writeFileSync(`${this.file}.new`, `${seconds < 0 ? '' : '+'}${seconds}\n`);
    renameSync(`${this.file}.new`, this.file);
  }

  /** What a process needs in order to go by this clock. Time spans stay true, as on a real machine. */
  get environment() {
    return {
      // The C and C++ libraries' allocators go before the program's, which asks for the time before
      // faketime is ready to tell it.
      LD_PRELOAD: [library, 'libc.so.6', 'libstdc++.so.6'].join(':'),
      FAKETIME_TIMESTAMP_FILE: this.file,
      FAKETIME_CACHE_DURATION: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
      NO_FAKE_STAT: '1',
    };
  }
}
