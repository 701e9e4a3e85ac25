// What the checks may ask of the surroundings.

import type { Bytes } from '../encoding/bytes.ts';
import type { Checkpoint } from '../log/checkpoint.ts';
import type { OnlineAnswer, OnlineQuery } from '../log/online_query.ts';
import type { TrustedAuthority } from './trusted_authority.ts';
import type { TrustedKey } from './trusted_key.ts';
import type { TrustedLog } from './trusted_log.ts';

/** What is trusted, and how to look up more. Keys in the evidence never become trusted. */
export interface Trust {
  keys: TrustedKey[];
  findLog(logId: string): Promise<TrustedLog | undefined>;
  /** All authorities: a timestamp does not reveal its signer until it is parsed. */
  findAuthorities(): Promise<TrustedAuthority[]>;
  /** Records a checkpoint that the log signed. @returns a different root that it signed for the same tree and size, if one is known */
  recordCheckpoint(log: TrustedLog, checkpoint: Checkpoint): Bytes | undefined;
  /** Queries the log itself. Throws `Undecided`. */
  askLog(query: OnlineQuery): Promise<OnlineAnswer>;
}
