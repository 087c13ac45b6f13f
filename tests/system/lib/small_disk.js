// A file system of 64 MiB that a test can fill up.

import { spawnSync } from 'node:child_process';
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const mount = (folder) => spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64m', 'tmpfs', folder]).status === 0;
const unmount = (folder) => spawnSync('umount', ['--lazy', folder]).status === 0;

/** Mounts that must not outlive this process. */
const mounted = new Set();
process.on('exit', () => mounted.forEach(unmount));

/** Why there can be no small disk here; false when there can. */
export function smallDiskMissing() {
  const folder = mkdtempSync(join(tmpdir(), 'anabranch-mount-'));
  const isAllowed = mount(folder) && unmount(folder);
  rmSync(folder, { recursive: true });
  return !isAllowed && 'a small file system of its own may not be mounted here';
}

export class SmallDisk {
  constructor(folder) {
    this.folder = folder;
    this.ballast = join(folder, 'ballast');
    mkdirSync(folder, { recursive: true });
    if (!mount(folder)) throw new Error(`${folder}: a small file system cannot be mounted`);
    mounted.add(folder);
  }

  /** Writes the ballast until there is no space left, to the last page. */
  fill() {
    const descriptor = openSync(this.ballast, 'w');
    try {
      for (const bytes of [1 << 20, 1 << 16, 1 << 12]) {
        const block = Buffer.alloc(bytes, 1);
        try {
          for (;;) if (writeSync(descriptor, block) < bytes) break;
        } catch (error) {
          if (error.code !== 'ENOSPC') throw error;
        }
      }
    } finally {
      closeSync(descriptor);
    }
  }

  free() {
    rmSync(this.ballast, { force: true });
  }

  remove() {
    mounted.delete(this.folder);
    unmount(this.folder);
  }
}
