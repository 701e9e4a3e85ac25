// The images of a batch: given as JSON, or as the Kubernetes manifests that name them.
import type * as z from 'zod';
import { imagesInManifests } from '../../admission/manifests.ts';
import { fromUtf8 } from '../../core/encoding/bytes.ts';
import { CallerError } from '../../core/errors/caller_error.ts';
import { once } from '../../core/memory/once.ts';
import type { ImageQuestion } from '../../verify/question.ts';
import type { AppContext } from '../context.ts';
import { mediaType, readBody, readJson } from './body.ts';
import { parsed } from './parsed.ts';
import { publicKeyFromPem } from './read_public_key.ts';
import { imageQuestion, imageQuestionFromBody } from './read_question.ts';
import { batchBodySchema, type batchQuerySchema, MAX_BATCH_ITEMS } from './schemas.ts';

/** In bytes. */
const MAX_BATCH_BYTES = 4 * 1024 * 1024;
/** Each key is parsed once, which takes more than a millisecond for Ed25519, and imported. */
const MAX_OWN_KEYS = 64;
const YAML_TYPES = new Set(['application/yaml', 'application/x-yaml', 'text/yaml', 'text/x-yaml']);

/** One image of the batch, as the caller named it. */
export interface Item {
  image: string;
  question: ImageQuestion | CallerError;
}

type Whom = Omit<z.output<typeof batchQuerySchema>, 'timeout' | 'include'>;

export async function readItems(context: AppContext, whom: Whom): Promise<Item[]> {
  const isYaml = YAML_TYPES.has(mediaType(context) ?? '');
  if (isYaml) return readManifests(context, whom);
  const isEmpty = Object.values(whom).every((value) => value === undefined);
  if (!isEmpty)
    throw new CallerError(
      'BAD_REQUEST',
      'In a JSON batch each item names its own keys or policy; key= and policy= are for YAML (Content-Type: application/yaml).',
    );
  const { items } = await readJson(context, batchBodySchema, MAX_BATCH_BYTES);
  const own = new Set(items.flatMap(({ publicKeys = [] }) => publicKeys));
  if (own.size > MAX_OWN_KEYS)
    throw new CallerError(
      'BAD_REQUEST',
      `A batch may contain at most ${MAX_OWN_KEYS} different public keys.`,
    );
  const readKey = once(publicKeyFromPem);
  return Promise.all(
    items.map(async (item) => ({
      image: item.image,
      question: await imageQuestionFromBody(item, readKey).catch(asOutcome),
    })),
  );
}

/** Reads every image of every workload; the query says whom to trust. */
async function readManifests(context: AppContext, whom: Whom): Promise<Item[]> {
  const bytes = await readBody(context, MAX_BATCH_BYTES);
  const images = parsed('BAD_REQUEST', () => imagesInManifests(fromUtf8(bytes, 'body')));
  if (images.length === 0) throw new CallerError('BAD_REQUEST', 'The manifests name no image.');
  if (images.length > MAX_BATCH_ITEMS)
    throw new CallerError('TOO_LARGE', `The manifests name more than ${MAX_BATCH_ITEMS} images.`);
  // Aliases repeat a long text in a few characters, and the answer repeats it in full.
  if (images.reduce((sum, { length }) => sum + length, 0) > MAX_BATCH_BYTES)
    throw new CallerError(
      'TOO_LARGE',
      `The names of the images take more than ${MAX_BATCH_BYTES} characters.`,
    );
  return images.map((image) => {
    try {
      return { image, question: imageQuestion(image, whom) };
    } catch (error) {
      return { image, question: asOutcome(error) };
    }
  });
}

function asOutcome(error: unknown): CallerError {
  if (error instanceof CallerError) return error;
  throw error;
}
