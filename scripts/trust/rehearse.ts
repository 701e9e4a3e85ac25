// The folder is first stored in a temporary service in this process, so that the running one gets no request until the whole folder is
// valid. What the temporary service then shows is what the running one would show.
import { stringifyJson } from '../../src/core/encoding/json_text.ts';
import { type Client, createClient, ServiceError } from './client.ts';
import { type Document, readDocument } from './documents.ts';
import { type Item, readFolder } from './folder.ts';
import { pathOf } from './kinds.ts';
import { startOwnService } from './own_service.ts';
import { Trouble } from './trouble.ts';

/** A record as the folder wants it stored. */
export type Wanted = Document & {
  /** The file, for messages. */
  place: string;
  /** The body for PUT. */
  body: string;
};

/** @throws Trouble that names every file that cannot be stored, with the place of its mistake */
export async function readWanted(folder: string): Promise<Wanted[]> {
  const { items, problems } = await readFolder(folder);
  const client = createClient({
    ...startOwnService(),
    sleep: async () => undefined,
    onWait: () => undefined,
  });
  const wanted: Wanted[] = [];
  for (const item of items) {
    try {
      wanted.push(await rehearse(client, item));
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      problems.push(error.message);
    }
  }
  if (problems.length > 0) throw new Trouble(...problems);
  return wanted;
}

/** The service rejected the file as the caller's mistake. */
class Refused extends Error {}

/** @throws Refused with the place */
async function rehearse(client: Client, item: Item): Promise<Wanted> {
  if (item.kind === 'key') return rehearseKey(client, item);
  const body = stringifyJson(item.value);
  const { document } = await refusing(
    () => client.call('PUT', pathOf(item), { body }),
    () => item.place,
  );
  return { ...readDocument(item.kind, document), place: item.place, body };
}

async function rehearseKey(client: Client, item: Item & { kind: 'key' }): Promise<Wanted> {
  const { place, termsPlace, pem, terms, revoked } = item;
  const stored = await refusing(
    () => client.call('PUT', pathOf(item), { body: stringifyJson({ ...terms, publicKey: pem }) }),
    ({ code }) => (code === 'BAD_KEY' || code === 'CONFLICT' ? place : termsPlace),
  );
  const { document } =
    revoked === undefined
      ? stored
      : await refusing(
          () => client.call('POST', `${pathOf(item)}/revoke`, { body: stringifyJson(revoked) }),
          // The detail begins with the place in the body, if it has one.
          ({ detail }) => `${termsPlace}: revoked${/^\S+: /.test(detail) ? '.' : ''}`,
        );
  const read = readDocument('key', document);
  if (read.kind !== 'key') throw new TypeError('a key was stored');
  const body = JSON.stringify({ ...read.content.terms, publicKey: read.content.publicKey });
  return { ...read, place, body };
}

/** @param placeOf returns the place of the mistake in the folder */
async function refusing<T>(work: () => Promise<T>, placeOf: (error: ServiceError) => string): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof ServiceError) || error.status >= 500)
      throw new Error('The service in this process failed.', { cause: error });
    const place = placeOf(error);
    throw new Refused(`${place}${place.endsWith('.') ? '' : ': '}${error.detail}`);
  }
}
