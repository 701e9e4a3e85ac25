// The JSON of a verdict: it shows nothing that no check has established, and no large content unless asked for.
import { describe, expect, test } from 'vitest';
import type { Digest } from '../../src/core/crypto/digest.ts';
import { parsePublicKeyPem } from '../../src/core/crypto/public_key.ts';
import { stringifyJson } from '../../src/core/encoding/json_text.ts';
import { parseImageReference } from '../../src/core/reference.ts';
import type { SignatureResult } from '../../src/core/verify_signature.ts';
import type { StoredPolicy } from '../../src/store/policies.ts';
import type { NamedTrust } from '../../src/verify/question.ts';
import type { DecidingPolicy, Report } from '../../src/verify/report.ts';
import { toVerdictDocument } from '../../src/verify/verdict_document.ts';
import { type Kind, makeBundle, rebuild } from '../conformance/support/bundle_harness.ts';
import { LOGGED_AT, makeSubject, trusted, verify } from '../conformance/support/harness.ts';
import { utf8 } from '../support/bytes.ts';
import { makeKey } from '../support/keys.ts';

const BY_KEY: NamedTrust = { keys: ['release'] };
const TIME = new Date(LOGGED_AT * 1000).toISOString().replace('.000Z', 'Z');
const POLICY: DecidingPolicy = {
  id: 'prod',
  version: 'v1',
  rule: 'ours',
  enforcement: 'warn',
  selection: { name: 'registry.example/app', considered: [] } as unknown as DecidingPolicy['selection'],
};

function report(more: Partial<Report> = {}): Report {
  return {
    verdict: 'refused',
    code: 'NO_SIGNATURES',
    summary: 'None.',
    keys: [],
    signatures: [],
    verifications: 3,
    ...more,
  };
}

async function shown(result: SignatureResult, include?: 'predicate') {
  const { signatures } = await toVerdictDocument(report({ signatures: [result] }), BY_KEY, { include });
  return signatures[0];
}

describe('the subject', () => {
  const reference = parseImageReference('registry.example/app:1');

  test('is shown as it was named and resolved', async () => {
    expect((await toVerdictDocument(report(), BY_KEY)).subject).toEqual({});
    const digest = `sha256:${'a'.repeat(64)}` as Digest;
    const found = report({ subject: { digest, mediaType: 'x' } });
    expect((await toVerdictDocument(found, BY_KEY, { reference })).subject).toEqual({
      reference: 'registry.example/app:1',
      digest,
      mediaType: 'x',
    });
  });

  test('marks what only the caller claims', async () => {
    const shown = { reference, isReferenceUnverified: true };
    expect((await toVerdictDocument(report(), BY_KEY, shown)).subject.unverified).toEqual(['reference']);
    const none = { reference: undefined, isReferenceUnverified: true };
    expect((await toVerdictDocument(report(), BY_KEY, none)).subject).toEqual({});
  });
});

describe('the trust', () => {
  const trustOf = async (named: NamedTrust, more: Partial<Report> = {}) =>
    (await toVerdictDocument(report(more), named)).trust;

  test('lists the keys that were looked up, or the named ones if none was', async () => {
    const key = await trusted(await makeKey());
    const { id: _, ...nameless } = await trusted(await makeKey());
    expect(await trustOf(BY_KEY, { keys: [key, nameless] })).toEqual({
      keys: ['release', nameless.key.fingerprint],
    });
    expect(await trustOf({ keys: ['unread'] })).toEqual({ keys: ['unread'] });
  });

  test('names the policy that decided, or the requested one if it could not be read', async () => {
    const named: NamedTrust = { policy: { id: 'prod', isImplied: false } };
    const { selection: _, ...shown } = POLICY;
    expect(await trustOf(named, { policy: POLICY })).toEqual({ policy: shown });
    expect(await trustOf(named)).toEqual({ policy: { id: 'prod' } });
    const draft = { id: 'draft', version: 'x' } as StoredPolicy;
    expect(await trustOf({ policy: { draft } })).toEqual({ policy: { id: 'draft' } });
  });

  test('lists the caller’s own keys by fingerprint, and shows that the log was waived', async () => {
    const key = await parsePublicKeyPem((await makeKey()).pem);
    const publicKeys = [key.fingerprint];
    expect(await trustOf({ publicKeys: [key], isLogWaived: false })).toEqual({ publicKeys });
    expect(await trustOf({ publicKeys: [key], isLogWaived: true })).toEqual({
      publicKeys,
      transparency: 'unsafe-none',
    });
  });
});

describe('a signature', () => {
  test('shows its key, time, log entry and claims', async () => {
    const subject = await makeSubject({ payload: { optional: { env: 'prod' } } });
    const document = await shown(await verify(subject), 'predicate');
    const { entry } = subject.logged;
    expect(document).toMatchObject({
      verdict: 'verified',
      code: 'VERIFIED',
      format: 'simple-signing',
      source: { index: 0, via: 'tag' },
      key: {
        id: 'release',
        fingerprint: subject.signer.fingerprint,
        algorithm: 'ecdsa-p256',
        hash: 'sha256',
      },
      signedAt: TIME,
      claims: { dockerReference: 'registry.example/app', annotations: { env: 'prod' } },
      transparency: {
        log: subject.log.name,
        logIndex: entry.logIndex,
        integratedTime: TIME,
        proof: 'set',
        url: `${subject.log.url}/api/v1/log/entries?logIndex=${entry.logIndex}`,
      },
    });
    expect(document?.transparency?.entry).toMatch(/^[0-9a-f]{64}$/);
    expect(document).not.toHaveProperty('predicateType');
    expect(document).not.toHaveProperty('predicate');
  });

  test('that is refused shows nothing of its key and payload', async () => {
    const subject = await makeSubject();
    subject.trust.keys = [await trusted(await makeKey())];
    const { checks, ...document } = (await shown(await verify(subject))) ?? {};
    expect(document).toEqual({
      verdict: 'refused',
      code: 'UNTRUSTED_KEY',
      format: 'simple-signing',
      source: subject.evidence.source,
    });
    expect(checks?.length).toBeGreaterThan(0);
  });

  test('by the caller’s own key has no key id', async () => {
    const subject = await makeSubject();
    const { id: _, ...own } = await trusted(subject.signer);
    subject.trust.keys = [own];
    expect(Object.keys((await shown(await verify(subject)))?.key ?? {})).toEqual([
      'fingerprint',
      'algorithm',
      'hash',
    ]);
  });

  test('without annotations shows none', async () => {
    expect((await shown(await verify(await makeSubject())))?.claims?.annotations).toEqual({});
  });

  test('over an artifact shows no claims', async () => {
    const document = await shown(await verify(await makeBundle({ isMessage: true })));
    expect(document?.code).toBe('VERIFIED');
    expect(document).not.toHaveProperty('claims');
  });
});

describe('a statement', () => {
  const PREDICATE = { builder: { id: 'https://ci.example' } };
  const stated = async (kind: Kind = 'dsse') => {
    const subject = await makeBundle({
      kind,
      statement: { predicateType: 'https://a.example/p', predicate: PREDICATE, annotations: { a: 'b' } },
    });
    subject.requirements.attestation = 'https://a.example/p';
    return verify(subject);
  };

  /** With its predicate, as it is sent. */
  const written = async (result: SignatureResult) =>
    JSON.parse(stringifyJson(await shown(result, 'predicate')));

  test('shows its type and its subject’s annotations, and its predicate if asked for', async () => {
    const result = await stated();
    const document = await shown(result);
    expect(document).toMatchObject({
      claims: { annotations: { a: 'b' } },
      predicateType: 'https://a.example/p',
    });
    expect(document).not.toHaveProperty('predicate');
    expect(await written(result)).toMatchObject({ predicate: PREDICATE });
  });

  test('without a predicate shows none', async () => {
    const { claims, ...result } = await verify(await makeBundle());
    if (claims?.kind !== 'in-toto') throw new TypeError('it is a statement');
    const bare = { ...result, claims: { ...claims, payload: utf8('{}') } };
    expect(await written(bare)).not.toHaveProperty('predicate');
  });
});

describe('a log entry', () => {
  test('of a v1 log with only a proof is shown by its hash, without the log-wide index, which is not proven', async () => {
    const subject = await makeBundle({ mediaType: 'application/vnd.dev.sigstore.bundle+json;version=0.2' });
    const entries = subject.parts.tlogEntries ?? [];
    for (const entry of entries) delete (entry as { inclusionPromise?: unknown }).inclusionPromise;
    await rebuild(subject);
    const { transparency } = (await shown(await verify(subject))) ?? {};
    expect(transparency).toMatchObject({
      proof: 'inclusion',
      url: `${subject.log.url}/api/v1/log/entries/${transparency?.entry}`,
    });
    expect(transparency).not.toHaveProperty('logIndex');
    expect(transparency).not.toHaveProperty('integratedTime');
  });

  test('of a v2 log has a proven index, and no time or URL', async () => {
    const { transparency, ...document } = (await shown(await verify(await makeBundle({ kind: 'v2' })))) ?? {};
    expect(transparency).toMatchObject({ proof: 'inclusion', logIndex: expect.any(Number) });
    expect(transparency).not.toHaveProperty('url');
    expect(transparency).not.toHaveProperty('integratedTime');
    expect(document).not.toHaveProperty('signedAt');
  });

  test('with an index beyond 2^53 keeps every digit', async () => {
    const result = await verify(await makeSubject());
    const indexed = async (logIndex: bigint) => {
      const { transparency } = result;
      if (transparency === undefined) throw new TypeError('it is logged');
      return (await shown({ ...result, transparency: { ...transparency, logIndex } }))?.transparency
        ?.logIndex;
    };
    const largest = BigInt(Number.MAX_SAFE_INTEGER);
    expect(await indexed(largest)).toBe(Number.MAX_SAFE_INTEGER);
    expect(await indexed(largest + 1n)).toBe(largest + 1n);
  });
});
