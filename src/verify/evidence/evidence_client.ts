// Reads evidence from repositories: nothing twice in one request, and what is named by its digest not again in the next one.
import { type Digest, isDigest } from '../../core/crypto/digest.ts';
import { once } from '../../core/memory/once.ts';
import { fullName } from '../../core/reference.ts';
import type { RawManifest, RepositoryClient } from '../../registry/client.ts';
import { repositoryOf } from '../repositories.ts';
import { callerKind, type Session, shared } from '../session.ts';
import { recallContent, rememberContent } from './content_cache.ts';

/**
 * The request's only client for the evidence in a repository. An image may be searched for signatures, for attestations and for both, and
 * the same payload may be listed in several places, but each is one outbound call. Error: `REGISTRY_NOT_ALLOWED`.
 */
export function evidenceIn(
  session: Session,
  named: { registry: string; repository: string },
): RepositoryClient {
  return shared(session, 'evidence', fullName(named), () => {
    const repository = repositoryOf(session, named);
    const owner = `${callerKind(session)} ${fullName(named)}`;
    return {
      ...repository,
      manifest: once((reference, step) => {
        const read = () => repository.manifest(reference, step);
        return isDigest(reference) ? remembered(session, `${owner} manifest`, reference, read) : read();
      }),
      blob: once(async (digest, maxBytes, step) => {
        const read = async () => ({
          bytes: await repository.blob(digest, maxBytes, step),
          contentType: null,
        });
        const { bytes } = await remembered(session, `${owner} blob`, digest, read);
        if (bytes.length > maxBytes) throw repository.tooMuch(step, `is larger than ${maxBytes} bytes`);
        return bytes;
      }),
      referrers: once(repository.referrers),
    };
  });
}

/** What was read by this digest before, or what is read now. */
async function remembered<C extends RawManifest | undefined>(
  { verifier: { memory, ports, settings } }: Session,
  owner: string,
  digest: Digest,
  read: () => Promise<C>,
): Promise<C | RawManifest> {
  const key = `${owner} ${digest}`;
  const known = recallContent(memory.content, key, ports.now());
  if (known !== undefined) return known;
  const content = await read();
  if (content !== undefined && settings.cacheTtl > 0)
    await rememberContent(memory.content, key, digest, content, ports.now() + settings.cacheTtl);
  return content;
}
