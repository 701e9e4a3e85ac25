// Paths in the project, for every script.

import { join } from 'node:path';

export const ROOT = join(import.meta.dirname, '..');
export const SOURCE = join(ROOT, 'src');
export const BUNDLE = join(ROOT, 'dist', 'countersign.js');
