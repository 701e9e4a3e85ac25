// Keys, logs and policies as the text of a folder's files, with fields in a fixed order.
import type { LogContent } from '../../src/store/log_records.ts';
import type { Document, KeyContent } from './documents.ts';
import { PLURALS } from './kinds.ts';
import { rootDocument } from './root_document.ts';

/** By path, as in `keys/release.pub`. */
export type Files = Map<string, string>;

export async function filesOf(documents: Document[]): Promise<Files> {
  const files: Files = new Map();
  for (const document of documents) {
    const path = `${PLURALS[document.kind]}/${document.id}`;
    if (document.kind === 'key') {
      files.set(`${path}.pub`, document.content.publicKey);
      const terms = keyTerms(document.content);
      if (Object.values(terms).some((value) => value !== undefined)) files.set(`${path}.json`, textOf(terms));
    } else if (document.kind === 'log') files.set(`${path}.json`, textOf(await logBody(document.content)));
    else files.set(`${path}.json`, textOf(document.content));
  }
  return files;
}

/** Leaves out defaults. */
function keyTerms({ terms, revoked }: KeyContent): object {
  const { transparency, ...others } = terms;
  return { ...others, ...(transparency !== 'required' && { transparency }), revoked };
}

/** The body for PUT, which leaves out the log id: it follows from the log's key. */
async function logBody(content: LogContent): Promise<object> {
  if ('logs' in content) return rootDocument(content);
  if ('certificates' in content) return content;
  const { logId: _, ...body } = content;
  return body;
}

function textOf(value: object): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
