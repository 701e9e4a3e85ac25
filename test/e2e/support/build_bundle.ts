// Before the end-to-end tests: the bundle as the sources are now.

import { build } from '../../../scripts/build.ts';

export async function setup(): Promise<void> {
  await build();
}
