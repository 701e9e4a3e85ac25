// What `format=cosign` prints: byte for byte what Go's encoder makes of cosign's structures.
import { describe, expect, test } from 'vitest';
import { parseDigest } from '../../../src/core/crypto/digest.ts';
import { messageOfDigest } from '../../../src/core/crypto/message.ts';
import type { JsonObject } from '../../../src/core/encoding/json.ts';
import type { SignatureEvidence } from '../../../src/core/evidence/evidence.ts';
import type { ImageReference } from '../../../src/core/reference.ts';
import type { SignatureResult } from '../../../src/core/verify_signature.ts';
import { cosignDocument } from '../../../src/http/answer/cosign_format.ts';
import type { Report } from '../../../src/verify/report.ts';
import { SIGN_V1 } from '../../support/bundles.ts';
import { base64, utf8 } from '../../support/bytes.ts';

const DIGEST = parseDigest(`sha256:${'ab'.repeat(32)}`);
const SPDX = 'https://spdx.dev/Document';

/** A good signature with this payload, and what lies beside it. */
function signed(optional: JsonObject | null = null, beside: object = {}, name = 'r/a'): SignatureResult {
  const payload = { type: 't', digest: DIGEST, dockerReference: name, optional };
  return {
    verdict: 'verified',
    claims: { kind: 'simple-signing', payload },
    evidence: { format: 'simple-signing', ...beside },
  } as SignatureResult;
}

/** A good statement of a type about a subject. */
function stated(
  predicateType: string,
  about: object = { digests: { sha256: new Uint8Array([1]) } },
  sig = 'AAAA',
) {
  const payload = utf8('{}');
  const envelope = utf8(
    JSON.stringify({ payloadType: 'p', payload: base64(payload), signatures: [{ keyid: 'k', sig }] }),
  );
  const evidence = {
    format: 'dsse',
    source: { index: 0, via: 'request' },
    subject: messageOfDigest(DIGEST),
    envelope,
    facts: new Map(),
  } as SignatureEvidence;
  const statement = { type: 's', subjects: [], predicateType };
  return {
    verdict: 'verified',
    claims: { kind: 'in-toto', statement, payload, about },
    evidence,
  } as unknown as SignatureResult;
}

const print = (signatures: SignatureResult[], reference?: ImageReference, attestation?: string) =>
  cosignDocument({ signatures } as Report, reference, attestation);

const item = (optional: string, name = 'r/a', digest: string = DIGEST, type = 't') =>
  `{"critical":{"identity":{"docker-reference":"${name}"},"image":{"docker-manifest-digest":"${digest}"},"type":"${type}"},"optional":${optional}}`;

describe('signatures', () => {
  test('are one list, with what each signer stated', () => {
    expect(print([signed()])).toBe(`[${item('null')}]\n`);
    expect(print([signed({}), signed({ a: 'b' }, {}, '')])).toBe(
      `[${item('{}')},${item('{"a":"b"}', '')}]\n`,
    );
    expect(print([])).toBe('[]\n');
  });

  test('are those that verified, and each is printed once', () => {
    const one = signed({ n: '1' });
    const other = { ...signed({ n: '2' }), verdict: 'refused' } as SignatureResult;
    expect(print([one, other, { ...one }, signed({ n: '3' })])).toBe(
      `[${item('{"n":"1"}')},${item('{"n":"3"}')}]\n`,
    );
  });

  test('of an artifact are not printed, as by `cosign verify-blob`', () => {
    expect(print([{ verdict: 'verified', claims: { kind: 'artifact' } } as SignatureResult])).toBe('[]\n');
    expect(print([{ verdict: 'verified' } as SignatureResult])).toBe('[]\n');
  });

  test('have their annotations in the order of bytes, and escaped, as Go does it', () => {
    const optional = {
      '10': 1,
      '9': 2,
      '\u{1f600}': 'last',
      '\uff01': 'before',
      ab: [{ d: 1, c: [] }, null, 'x<>&\u2028\u2029'],
      a: {},
      '': true,
    };
    expect(print([signed(optional)])).toBe(
      `[${item(
        '{"":true,"10":1,"9":2,"a":{},"ab":[{"c":[],"d":1},null,"x\\u003c\\u003e\\u0026\\u2028\\u2029"],"\uff01":"before","\u{1f600}":"last"}',
      )}]\n`,
    );
  });

  test('have their log entry and timestamp among these, with fields in cosign’s order, whatever the signer put there', () => {
    const logBundle = JSON.stringify({
      Payload: { logID: 'l', logIndex: 7, integratedTime: 5, body: 'b', more: 1 },
      SignedEntryTimestamp: 's',
    });
    const entry =
      '{"SignedEntryTimestamp":"s","Payload":{"body":"b","integratedTime":5,"logIndex":7,"logID":"l"}}';
    const timestamp = '{"z":1,"SignedRFC3161Timestamp":"t"}';
    expect(print([signed({ Bundle: 'mine', a: 1 }, { logBundle })])).toBe(
      `[${item(`{"Bundle":${entry},"a":1}`)}]\n`,
    );
    expect(print([signed(null, { timestamp })])).toBe(`[${item(`{"RFC3161Timestamp":${timestamp}}`)}]\n`);
    expect(print([signed({ S: 1, A: 2 }, { logBundle, timestamp })])).toBe(
      `[${item(`{"A":2,"Bundle":${entry},"RFC3161Timestamp":${timestamp},"S":1}`)}]\n`,
    );
    expect(print([signed(null, { logBundle: '{"Payload":{}}' })])).toBe(
      `[${item('{"Bundle":{"SignedEntryTimestamp":null,"Payload":{"body":null,"integratedTime":null,"logIndex":null,"logID":null}}}')}]\n`,
    );
    const otherwise = { format: 'blob', logBundle };
    expect(print([signed(null, otherwise)])).toBe(`[${item('null')}]\n`);
  });

  test('in statements name what the caller named, as Go’s libraries write it', () => {
    const names: [ImageReference | undefined, string][] = [
      [undefined, ''],
      [{ registry: 'docker.io', repository: 'library/a', tag: '1' }, 'index.docker.io/library/a:1'],
      [{ registry: 'r.example', repository: 'a', tag: '1', digest: DIGEST }, `r.example/a@${DIGEST}`],
    ];
    for (const [reference, name] of names)
      expect(print([stated(SIGN_V1)], reference)).toBe(`[${item('{}', name, 'sha256:01', SIGN_V1)}]\n`);
  });

  test('in statements have the digest by sha256 if there is one, and the annotations of the subject', () => {
    const [one, two] = [new Uint8Array([1]), new Uint8Array([2])];
    const about = { digests: { sha512: two, sha256: one }, annotations: { b: 1, a: 2 } };
    expect(print([stated(SIGN_V1, about)])).toBe(`[${item('{"a":2,"b":1}', '', 'sha256:01', SIGN_V1)}]\n`);
    expect(print([stated(SIGN_V1, { digests: { sha512: two } })])).toBe(
      `[${item('{}', '', 'sha512:02', SIGN_V1)}]\n`,
    );
    expect(print([{ ...stated(SPDX) }])).toBe('[]\n');
  });
});

describe('attestations', () => {
  const line = (sig: string) => `{"payload":"e30=","payloadType":"p","signatures":[{"sig":"${sig}"}]}\n`;

  test('are a line each, of the type that was asked for', () => {
    const all = [stated(SPDX), stated(SIGN_V1), stated(SPDX, {}, 'BBBB'), signed()];
    expect(print(all, undefined, SPDX)).toBe(line('AAAA') + line('BBBB'));
    expect(print(all, undefined, 'https://other.example')).toBe('');
  });

  test('are printed once, and only if they verified', () => {
    const one = stated(SPDX);
    expect(print([one, { ...one }, { ...stated(SPDX), verdict: 'undecided' }], undefined, SPDX)).toBe(
      line('AAAA'),
    );
  });

  test('of which the envelope is not known are null', () => {
    const { evidence: _, ...without } = stated(SPDX);
    expect(print([without], undefined, SPDX)).toBe('null\n');
    const unreadable = { ...stated(SPDX).evidence, envelope: utf8('{'), facts: new Map() };
    expect(print([{ ...without, evidence: unreadable as SignatureEvidence }], undefined, SPDX)).toBe(
      'null\n',
    );
  });
});
