// A file system in a file, mounted on a folder: a disk that can be put back as a whole, so that nothing on
// it shows that it was.

import { spawnSync } from 'node:child_process';
import { closeSync, copyFileSync, ftruncateSync, mkdirSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const bytes = 64 << 20;
const succeeds = (...command) => spawnSync(command[0], command.slice(1)).status === 0;

/** Mounts that must not outlive this process. */
const mounted = new Set();
const unmount = (folder) => succeeds('umount', '--lazy', folder);
process.on('exit', () => mounted.forEach(unmount));

/** Why there can be no such disk here; false when there can. */
export function imageDiskMissing() {
  const folder = mkdtempSync(join(tmpdir(), 'anabranch-mount-'));
  try {
    new ImageDisk(folder).remove();
    return false;
  } catch {
    return 'a file cannot be mounted as a disk here';
  } finally {
    rmSync(folder, { recursive: true });
  }
}

export class ImageDisk {
  constructor(folder) {
    mkdirSync(folder, { recursive: true });
    this.image = join(folder, 'disk.img');
    this.folder = join(folder, 'disk');
    mkdirSync(this.folder, { recursive: true });
    const file = openSync(this.image, 'w');
    ftruncateSync(file, bytes);
    closeSync(file);
    if (!succeeds('mkfs.ext4', '-q', this.image)) throw new Error(`${this.image}: mkfs.ext4 failed`);
    this.#mount();
  }

  #mount() {
    if (!succeeds('mount', '-o', 'loop', this.image, this.folder)) throw new Error(`${this.folder}: cannot be mounted`);
    mounted.add(this.folder);
  }

  #unmount() {
    mounted.delete(this.folder);
    if (!succeeds('umount', this.folder)) throw new Error(`${this.folder}: cannot be unmounted`);
  }

  /** Keeps the disk as it is now; nobody may use it meanwhile. */
  save() {
    this.#unmount();
    copyFileSync(this.image, `${this.image}.saved`);
    this.#mount();
  }

  /** Puts it back as it was then. */
  putBack() {
    this.#unmount();
    copyFileSync(`${this.image}.saved`, this.image);
    this.#mount();
  }

  remove() {
    mounted.delete(this.folder);
    unmount(this.folder);
  }
}
