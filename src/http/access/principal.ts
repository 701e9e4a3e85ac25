// Who makes a request, once identified.
import type { Scope } from '../../store/tokens.ts';

export interface Principal {
  /** The caller's name in records and in the audit log: `ADMIN_TOKEN`, or `token/<id>`. */
  who: string;
  scopes: readonly Scope[];
  /** Patterns over full names; absent means any name. */
  names?: string[];
}
