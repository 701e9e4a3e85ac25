// Every published failure, in the order of their ids.
import type { AbuseCase } from '../abuse_case.ts';
import { admission } from './admission.ts';
import { gate } from './gate.ts';
import { log } from './log.ts';
import { registry } from './registry.ts';
import { service } from './service.ts';
import { signatures } from './signatures.ts';
import { trust } from './trust.ts';

export const abuseCases: AbuseCase[] = [
  ...signatures,
  ...registry,
  ...log,
  ...trust,
  ...gate,
  ...admission,
  ...service,
];
