// Builds the bundle from the current source before the end-to-end tests.

import { build } from '../../../scripts/build.ts';

export async function setup(): Promise<void> {
  await build();
}
