// The bundle is identical wherever it is built.

import { join } from 'node:path';
import { expect, it } from 'vitest';
import { build } from '../../scripts/build.ts';
import { buildElsewhere } from '../../scripts/verify_build.ts';
import { folderWith } from './temp_folder.ts';

it('two builds in different folders are identical, byte for byte', async () => {
  const here = await build({ outfile: join(await folderWith({}), 'countersign.js') });
  expect(Buffer.from(await buildElsewhere()).equals(Buffer.from(here))).toBe(true);
});
