// `scripts/conformance verify-bundle --bundle F [--key PEM] [--trusted-root F] ARTIFACT|sha256:…`: runs the service's core on one Sigstore
// bundle, with the flags of sigstore-conformance (its docs/cli_protocol.md). Exit code 0: verified. 1: refused, or the bundle, key or
// trusted root is malformed. 2: invalid usage, or a file that cannot be read.
import { readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { isArtifactDigest } from '../src/core/crypto/digest.ts';
import { type Message, messageOfBytes, messageOfDigest } from '../src/core/crypto/message.ts';
import { parsePublicKeyPem } from '../src/core/crypto/public_key.ts';
import { parseJson } from '../src/core/encoding/json.ts';
import { Malformed } from '../src/core/encoding/malformed.ts';
import type { BundleEvidence } from '../src/core/evidence/evidence.ts';
import { statedPredicateType } from '../src/core/evidence/read_evidence.ts';
import type { TrustedAuthority } from '../src/core/trust/trusted_authority.ts';
import type { TrustedKey } from '../src/core/trust/trusted_key.ts';
import type { TrustedLog } from '../src/core/trust/trusted_log.ts';
import { parseTrustedRoot } from '../src/core/trust/trusted_root.ts';
import { type SignatureResult, verifySignatureEvidence } from '../src/core/verify_signature.ts';
import { findPublicLog, publicAuthorities } from '../src/verify/trust/public_trust.ts';

const USAGE =
  'usage: scripts/conformance verify-bundle --bundle FILE [--key PEM] [--trusted-root FILE] ARTIFACT|sha256:DIGEST';

/** The caller's mistake: exit code 2. */
class UsageError extends Error {}

interface Question {
  bundle: Uint8Array<ArrayBuffer>;
  keyPem?: string;
  isKeyless: boolean;
  trustedRoot?: string;
  artifact: Message;
}

function readArguments(args: string[]): Question {
  const { values, positionals } = parse(args);
  const [command, artifact, ...more] = positionals;
  if (command !== 'verify-bundle' || artifact === undefined || more.length > 0 || values.bundle === undefined)
    throw new UsageError(USAGE);
  return {
    bundle: readFile(values.bundle),
    ...(values.key !== undefined && { keyPem: readText(values.key) }),
    isKeyless:
      values.key === undefined ||
      values.staging === true ||
      values['certificate-identity'] !== undefined ||
      values['certificate-oidc-issuer'] !== undefined,
    ...(values['trusted-root'] !== undefined && { trustedRoot: readText(values['trusted-root']) }),
    artifact: readArtifact(artifact),
  };
}

function parse(args: string[]) {
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      options: {
        bundle: { type: 'string' },
        key: { type: 'string' },
        'trusted-root': { type: 'string' },
        // Accepted, but keyless verification is not supported: they lead to CERTIFICATE_UNSUPPORTED.
        'certificate-identity': { type: 'string' },
        'certificate-oidc-issuer': { type: 'string' },
        staging: { type: 'boolean' },
      },
    });
  } catch (error) {
    throw new UsageError(`${error instanceof Error ? error.message : error}\n${USAGE}`);
  }
}

/** A file if one has that name, otherwise a digest. */
function readArtifact(name: string): Message {
  if (isArtifactDigest(name) && statSync(pathOf(name), { throwIfNoEntry: false }) === undefined)
    return messageOfDigest(name);
  return messageOfBytes(readFile(name));
}

function readFile(name: string): Uint8Array<ArrayBuffer> {
  try {
    return new Uint8Array(readFileSync(pathOf(name)));
  } catch (error) {
    throw new UsageError(`cannot read ${name}: ${error instanceof Error ? error.message : error}`);
  }
}

function readText(name: string): string {
  return new TextDecoder().decode(readFile(name));
}

/** The launcher runs us from the project's root. */
function pathOf(name: string): string {
  return resolve(process.env.CALLED_FROM ?? process.cwd(), name);
}

async function verify({ bundle, keyPem, trustedRoot, artifact }: Question): Promise<SignatureResult> {
  const key = await parsePublicKeyPem(keyPem ?? '');
  const { findLog, authorities, transparency } = await loadTrust(trustedRoot);
  const evidence: BundleEvidence = {
    format: 'sigstore-bundle',
    source: { index: 0, via: 'request' },
    subject: artifact,
    bundle,
    facts: new Map(),
  };
  const attestation = statedPredicateType(evidence);
  return verifySignatureEvidence(
    evidence,
    {
      keys: [{ key, transparency }],
      findLog,
      findAuthorities: async () => authorities,
      recordCheckpoint: () => undefined,
      askLog: () => Promise.reject(new TypeError('no online requests')),
    },
    // The suite passes attestations of any type; callers of the service say which type they want.
    { annotations: [], ...(attestation !== undefined && { attestation }) },
    Date.now(),
    { verifications: 0, proofs: 0 },
  );
}

async function loadTrust(text: string | undefined): Promise<{
  findLog: (logId: string) => Promise<TrustedLog | undefined>;
  authorities: TrustedAuthority[];
  transparency: TrustedKey['transparency'];
}> {
  if (text === undefined)
    return { findLog: findPublicLog, authorities: publicAuthorities(), transparency: 'required' };
  const { logs, authorities, leftOut } = await parseTrustedRoot(parseJson(text, 'trusted root'));
  // In the suite, a root without any log means trust in the key alone; a root whose logs are of unknown kinds does not.
  const isWithoutLogs = logs.length === 0 && leftOut.every(({ what }) => what === 'authority');
  const transparency = isWithoutLogs ? 'unsafe-none' : 'required';
  return { findLog: async (logId) => logs.find((log) => log.logId === logId), authorities, transparency };
}

try {
  const question = readArguments(process.argv.slice(2));
  if (question.isKeyless) {
    console.error(
      'CERTIFICATE_UNSUPPORTED: only bundles signed with a key can be verified; give the key with --key and no identity flags',
    );
    process.exit(1);
  }
  const { verdict, code, checks } = await verify(question);
  const failed = checks.find(({ result }) => result === 'fail');
  const reason = failed === undefined ? '' : ` at ${failed.name}: ${failed.actual ?? ''}`;
  console.error(`${code}${reason}`);
  process.exit(verdict === 'verified' ? 0 : 1);
} catch (error) {
  if (error instanceof UsageError) console.error(error.message);
  else if (error instanceof Malformed) console.error(`refused: ${error.message}`);
  else throw error;
  process.exit(error instanceof UsageError ? 2 : 1);
}
