// The repositories that one request reads, with one client each.
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
