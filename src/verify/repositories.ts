// The repositories that one request reads, with one client each. Searches for evidence read nothing twice.
import { fullName } from '../core/reference.ts';
import { openRepository, type RepositoryClient } from '../registry/client.ts';
import { type Session, shared } from './session.ts';

/** The request's only client for a repository. Error: `REGISTRY_NOT_ALLOWED`. */
export function repositoryOf(
  session: Session,
  named: { registry: string; repository: string },
): RepositoryClient {
  const { verifier, egress, mayUseCredentials } = session;
  const { settings, ports, memory } = verifier;
  return shared(session, 'repository', fullName(named), () =>
    openRepository(
      {
        egress,
        policy: settings.egressPolicy,
        memory: memory.authorization,
        credentials: mayUseCredentials ? settings.registryCredentials : new Map(),
        now: ports.now,
      },
      named.registry,
      named.repository,
    ),
  );
}

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
    return {
      ...repository,
      manifest: readOnce(repository.manifest),
      blob: readOnce(repository.blob),
      referrers: readOnce(repository.referrers),
    };
  });
}

/** Reads once what is asked for with the same arguments. */
function readOnce<A extends unknown[], T>(read: (...args: A) => Promise<T>): (...args: A) => Promise<T> {
  const reads = new Map<string, Promise<T>>();
  return (...args) => {
    const name = JSON.stringify(args);
    const reading = reads.get(name) ?? read(...args);
    reads.set(name, reading);
    return reading;
  };
}
