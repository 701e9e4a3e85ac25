// Reads evidence from repositories: nothing twice in one request, and what is named by its digest not again in the next one.
import { type Digest, isDigest } from '../../core/crypto/digest.ts';
import { once } from '../../core/memory/once.ts';
import { fullName } from '../../core/reference.ts';
import type { RawManifest, RepositoryClient } from '../../registry/client.ts';
import { repositoryOf } from '../repositories.ts';
import { callerKind, type Session, shared } from '../session.ts';
import { readThrough } from './content_cache.ts';

/**
 * The request's only client for the evidence in a repository. An image may be searched for signatures, for attestations and for both, and
 * the same payload may be listed in several places, but each is one outbound call. Error: `REGISTRY_NOT_ALLOWED`.
 */
export function evidenceIn(
  session: Session,
  named: { registry: string; repository: string },
): RepositoryClient {
  return shared(session, 'evidence', fullName(named), () => {
    const { memory, ports, settings } = session.verifier;
    const repository = repositoryOf(session, named);
    const remembered = <C extends RawManifest | undefined>(
      kind: 'manifest' | 'blob',
      digest: Digest,
      read: () => Promise<C>,
    ) => {
      const key = `${callerKind(session)} ${fullName(named)} ${kind} ${digest}`;
      return readThrough(memory.content, key, digest, { now: ports.now, ttl: settings.cacheTtl }, read);
    };
    return {
      ...repository,
      manifest: once((reference, step) => {
        const read = () => repository.manifest(reference, step);
        return isDigest(reference) ? remembered('manifest', reference, read) : read();
      }),
      blob: once(async (digest, maxBytes, step) => {
        const { bytes } = await remembered('blob', digest, async () => ({
          bytes: await repository.blob(digest, maxBytes, step),
          contentType: null,
        }));
        if (bytes.length > maxBytes) throw repository.tooMuch(step, `is larger than ${maxBytes} bytes`);
        return bytes;
      }),
      referrers: once(repository.referrers),
    };
  });
}
