// Debian's Chromium, and pictures of what it shows.

import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';

import { chromium } from 'playwright-core';

import { repositoryRoot } from '../../system/lib/binary.js';

const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium';
const pictures = join(repositoryRoot, 'build/browser');

/** A word why there can be no browser tests here, or false. */
export const noBrowser = existsSync(executablePath) ? false : `there is no ${executablePath}`;

export const launchBrowser = () =>
  chromium.launch({
    executablePath,
    args: [
      '--headless=new',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });

/** Keeps a picture of the page in build/browser. */
export async function picture(page, name, options = {}) {
  mkdirSync(pictures, { recursive: true });
  await page.screenshot({ path: join(pictures, `${name}.png`), ...options });
}
