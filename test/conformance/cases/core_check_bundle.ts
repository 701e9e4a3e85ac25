// Sigstore bundles in every form: for each check of payload and signer, a bundle that fails only that check.
import { messageOfDigest } from '../../../src/core/crypto/message.ts';
import { hintOf, statement } from '../../support/bundles.ts';
import { base64, flip, unbase64, utf8 } from '../../support/bytes.ts';
import { makeLog } from '../../support/fake_log.ts';
import { certificatePem, makeKey } from '../../support/keys.ts';
import { equal, ok } from '../support/assert.ts';
import { BARE, checksOf, KINDS, V1, V2 } from '../support/bundle_checks.ts';
import {
  bundleOf,
  logEntry,
  makeBundle,
  rebuild,
  resignBundle,
  setBundle,
} from '../support/bundle_harness.ts';
import { failsAlone, inOrder, passes, without } from '../support/check_alone.ts';
import { trusted, trustedLog, trustIn, verify } from '../support/harness.ts';
import { test } from '../table.ts';

test('a bundle verifies with each kind of log entry, and the result shows what was signed, how it was logged and when', async () => {
  for (const kind of KINDS) {
    const subject = await makeBundle({ kind, statement: { annotations: { ref: 'main' } } });
    const { claims, transparency, signer, signedAt } = await passes(subject, checksOf(kind));
    ok(claims?.kind === 'in-toto', kind);
    equal(
      [claims.statement.predicateType, claims.about?.annotations],
      ['https://sigstore.dev/cosign/sign/v1', { ref: 'main' }],
    );
    equal(transparency?.proof, kind === 'v2' ? 'inclusion' : 'both', kind);
    equal(signedAt === undefined, kind === 'v2', 'a v2 log proves no time');
    equal(signer?.hash, 'sha256');
  }
});

test('A18 a bundle verifies with every key algorithm, with the hash that bundles prescribe for it and no other', async () => {
  for (const algorithm of ['P-256', 'P-384', 'P-521', 'rsa-2048', 'rsa-3072', 'ed25519'] as const) {
    const subject = await makeBundle({ algorithm });
    await passes(subject, V1);
  }
  for (const algorithm of ['P-384', 'P-521'] as const) {
    const subject = await makeBundle({ algorithm, hash: 'SHA-256' });
    equal((await verify(subject)).code, 'SIGNATURE_INVALID', `${algorithm} with SHA-256`);
  }
  for (const algorithm of ['P-384', 'P-521', 'rsa-2048'] as const)
    await passes(await makeBundle({ algorithm, kind: 'v2' }), V2);
});

test('A6 check payload-type: PAYLOAD_TYPE_MISMATCH for a genuine statement under another payload type', async () => {
  const subject = await makeBundle();
  await passes(subject, V1);
  for (const payloadType of [
    'text/plain',
    'application/vnd.in-toto+json ',
    'Application/vnd.in-toto+json',
    '',
  ]) {
    await resignBundle(subject, statement(subject.digest), { payloadType });
    await failsAlone(subject, 'payload-type', 'PAYLOAD_TYPE_MISMATCH', V1);
  }
});

test('check payload-type: PAYLOAD_TYPE_MISMATCH for a statement of an unknown version', async () => {
  const subject = await makeBundle();
  for (const type of ['https://in-toto.io/Statement/v0.1', 'https://in-toto.io/Statement/v1']) {
    await resignBundle(subject, statement(subject.digest, { type }));
    await passes(subject, V1);
  }
  for (const type of [
    'https://in-toto.io/Statement/v0.2',
    'https://in-toto.io/Statement/v1/',
    'https://in-toto.io/Link/v1',
    '',
  ]) {
    await resignBundle(subject, statement(subject.digest, { type }));
    await failsAlone(subject, 'payload-type', 'PAYLOAD_TYPE_MISMATCH', V1);
  }
});

test('check payload-type: PAYLOAD_TYPE_MISMATCH for a bare signature in a bundle found beside an image', async () => {
  const subject = await makeBundle({ isMessage: true, kind: 'hashedrekord' });
  await passes(subject, BARE);
  subject.evidence.source.via = 'referrers';
  await setBundle(subject, subject.evidence.bundle);
  await failsAlone(subject, 'payload-type', 'PAYLOAD_TYPE_MISMATCH', inOrder([...BARE, 'payload-digest']));
});

test('check payload-digest: PAYLOAD_DIGEST_MISMATCH for a bundle other than the listed one', async () => {
  const subject = await makeBundle();
  subject.evidence.bundle = utf8(JSON.stringify(bundleOf(subject), undefined, 1));
  await failsAlone(subject, 'payload-digest', 'PAYLOAD_DIGEST_MISMATCH', V1);
});

test('A7 check subject-digest: SUBJECT_MISMATCH for a bundle copied from another image', async () => {
  for (const kind of KINDS) {
    const [subject, other] = [await makeBundle({ kind }), await makeBundle({ kind })];
    subject.evidence.subject = messageOfDigest(other.digest);
    await failsAlone(subject, 'subject-digest', 'SUBJECT_MISMATCH', checksOf(kind));
  }
});

test('A28 check subject-digest: a stated message digest that differs is refused, and one that matches does not replace the signature', async () => {
  const subject = await makeBundle({ isMessage: true, kind: 'hashedrekord' });
  await rebuild(subject, ({ messageSignature }) => {
    messageSignature.messageDigest.digest = base64(new Uint8Array(32).fill(7));
  });
  await failsAlone(subject, 'subject-digest', 'SUBJECT_MISMATCH', BARE);
  await rebuild(subject, ({ messageSignature }) => {
    delete messageSignature.messageDigest;
  });
  await passes(subject, without(BARE, 'subject-digest'));
  const other = await makeBundle({ isMessage: true, kind: 'hashedrekord', signer: subject.signer });
  await rebuild(subject, ({ messageSignature }) => {
    messageSignature.signature = other.signature;
  });
  await failsAlone(subject, 'signature', 'SIGNATURE_INVALID', BARE);
});

test('A27 check key-known: UNTRUSTED_KEY if the bundle names an untrusted key, in its log entry or as a hint', async () => {
  for (const kind of KINDS) {
    const subject = await makeBundle({ kind });
    subject.trust.keys = [await trusted(await makeKey())];
    await failsAlone(subject, 'key-known', 'UNTRUSTED_KEY', checksOf(kind));
  }
  const hinted = await makeBundle();
  hinted.trust.keys = [await trusted(await makeKey(), { transparency: 'unsafe-none' })];
  await rebuild(hinted, ({ verificationMaterial }) => {
    verificationMaterial.tlogEntries = [];
  });
  equal((await verify(hinted)).code, 'UNTRUSTED_KEY');
});

test('check key-scope: a hint at a key outside its scope is KEY_OUT_OF_SCOPE, unless a key in scope made the signature', async () => {
  const subject = await makeBundle();
  const [named, other] = [await makeKey(), await makeKey()];
  const outside = { scopes: ['registry.example/other'], transparency: 'unsafe-none' as const };
  await rebuild(subject, ({ verificationMaterial }) => {
    verificationMaterial.publicKey.hint = hintOf(named);
    delete verificationMaterial.tlogEntries;
  });
  subject.trust.keys = [
    await trusted(subject.signer, { transparency: 'unsafe-none' }),
    await trusted(named, outside),
    await trusted(other, outside),
  ];
  equal((await verify(subject)).code, 'VERIFIED');
  subject.trust.keys[0] = await trusted(await makeKey(), { transparency: 'unsafe-none' });
  const { code, checks } = await verify(subject);
  equal([code, checks.find(({ result }) => result === 'fail')?.name], ['KEY_OUT_OF_SCOPE', 'key-scope']);
});

test('A14 keyid and hint prove nothing: with a wrong hint a good signature passes, with a trusted key’s hint a stranger’s does not', async () => {
  const subject = await makeBundle();
  const stranger = await makeKey();
  for (const hint of ['', 'SHA256:npm', base64(new Uint8Array(32)), '!']) {
    await rebuild(subject, ({ verificationMaterial, dsseEnvelope }) => {
      verificationMaterial.publicKey.hint = hint;
      dsseEnvelope.signatures[0].keyid = 'somebody';
    });
    await passes(subject, V1);
  }
  const forged = await makeBundle({ signer: stranger });
  forged.trust.keys = subject.trust.keys;
  const { hint } = subject.parts;
  await rebuild(forged, ({ verificationMaterial, dsseEnvelope }) => {
    verificationMaterial.publicKey.hint = hint;
    dsseEnvelope.signatures[0].keyid = subject.signer.fingerprint;
  });
  await failsAlone(forged, 'signature', 'SIGNATURE_INVALID', V1);
});

test('A27 check key-known: CERTIFICATE_UNSUPPORTED for a bundle with a certificate, even one for a trusted key', async () => {
  for (const version of ['.v0.3+json', '+json;version=0.2'] as const) {
    const subject = await makeBundle({ mediaType: `application/vnd.dev.sigstore.bundle${version}` });
    const rawBytes = certificatePem(subject.signer).replace(/-----[A-Z ]+-----|\s/g, '');
    await rebuild(subject, ({ verificationMaterial }) => {
      delete verificationMaterial.publicKey;
      if (version === '.v0.3+json') verificationMaterial.certificate = { rawBytes };
      else verificationMaterial.x509CertificateChain = { certificates: [{ rawBytes }, { rawBytes }] };
    });
    await failsAlone(subject, 'key-known', 'CERTIFICATE_UNSUPPORTED', inOrder([...V1, 'certificate']));
  }
});

test('check key-scope: KEY_OUT_OF_SCOPE for a bundle about a name outside the key’s scope', async () => {
  const subject = await makeBundle();
  subject.trust.keys = [await trusted(subject.signer, { scopes: ['elsewhere.example/**'] })];
  await failsAlone(subject, 'key-scope', 'KEY_OUT_OF_SCOPE', inOrder([...V1, 'key-scope']));
});

test('check signature: SIGNATURE_INVALID for a bundle with another payload than was signed', async () => {
  for (const kind of KINDS) {
    const subject = await makeBundle({ kind });
    const changed = statement(subject.digest, { predicate: { changed: true } });
    await rebuild(subject, ({ dsseEnvelope }) => {
      dsseEnvelope.payload = base64(changed);
    });
    await failsAlone(subject, 'signature', 'SIGNATURE_INVALID', checksOf(kind));
  }
});

test('check signature: SIGNATURE_MALFORMED for bytes that are not a signature', async () => {
  const subject = await makeBundle();
  await rebuild(subject, ({ dsseEnvelope }) => {
    dsseEnvelope.signatures[0].sig = base64('not DER');
  });
  await failsAlone(subject, 'signature', 'SIGNATURE_MALFORMED', V1);
});

test('A49 numbers in a bundle’s log entry are decimal integers in their range; text that only converts to a number is malformed', async () => {
  const subject = await makeBundle();
  // biome-ignore lint/suspicious/noExplicitAny: places in a document of many forms
  const places: ((entry: any) => [any, string])[] = [
    (entry) => [entry, 'logIndex'],
    (entry) => [entry, 'integratedTime'],
    (entry) => [entry.inclusionProof, 'logIndex'],
    (entry) => [entry.inclusionProof, 'treeSize'],
  ];
  for (const place of places)
    for (const bad of [
      '',
      ' 5 ',
      '0x10',
      '1e3',
      '-1',
      '007',
      '+1',
      '1.5',
      '9223372036854775808',
      1.5,
      true,
    ]) {
      await rebuild(subject, ({ verificationMaterial }) => {
        const [holder, name] = place(verificationMaterial.tlogEntries[0]);
        holder[name] = bad;
      });
      equal((await verify(subject)).code, 'BUNDLE_MALFORMED', JSON.stringify(bad));
    }
});

test('A27 check payload-type: BUNDLE_UNSUPPORTED for an unknown bundle media type', async () => {
  const subject = await makeBundle();
  for (const mediaType of [
    'application/vnd.dev.sigstore.bundle.v0.4+json',
    'application/vnd.dev.sigstore.bundle+json;version=0.9',
    'application/json',
    'constructor',
    '',
  ]) {
    await rebuild(subject, (document) => {
      document.mediaType = mediaType;
    });
    equal((await verify(subject)).code, 'BUNDLE_UNSUPPORTED', mediaType);
  }
});

test('A50 an entry at index 0 of a tree of one leaf verifies, also if default values are omitted as in protobuf JSON', async () => {
  const subject = await makeBundle();
  subject.log = await makeLog();
  subject.trust = await trustIn(subject.trust.keys, [await trustedLog(subject.log)]);
  subject.parts.tlogEntries = [await logEntry(subject, 'dsse')];
  await rebuild(subject);
  await passes(subject, V1);
  await rebuild(subject, ({ verificationMaterial }) => {
    const [entry] = verificationMaterial.tlogEntries;
    delete entry.logIndex;
    delete entry.inclusionProof.logIndex;
    delete entry.inclusionProof.hashes;
  });
  await passes(subject, V1);
});

test('a bundle with one changed byte in its signature, payload, log entry, proof or checkpoint is refused', async () => {
  for (const kind of ['dsse', 'v2'] as const) {
    const subject = await makeBundle({ kind });
    // biome-ignore lint/suspicious/noExplicitAny: places in a document of many forms
    const places: [string, (bundle: any) => [any, string]][] = [
      ['payload', (bundle) => [bundle.dsseEnvelope, 'payload']],
      ['signature', (bundle) => [bundle.dsseEnvelope.signatures[0], 'sig']],
      ['body', (bundle) => [bundle.verificationMaterial.tlogEntries[0], 'canonicalizedBody']],
      ['root', (bundle) => [bundle.verificationMaterial.tlogEntries[0].inclusionProof, 'rootHash']],
      ['hash', (bundle) => [bundle.verificationMaterial.tlogEntries[0].inclusionProof.hashes, '0']],
      ['log', (bundle) => [bundle.verificationMaterial.tlogEntries[0].logId, 'keyId']],
    ];
    for (const [what, place] of places) {
      const [holder, name] = place(bundleOf(subject));
      const bytes = unbase64(holder[name]);
      for (let at = 0; at < bytes.length; at += 7) {
        await rebuild(subject, (bundle) => {
          const [target, field] = place(bundle);
          target[field] = base64(flip(bytes, at, 1));
        });
        const { verdict } = await verify(subject);
        equal(verdict, 'refused', `${kind}: ${what}, byte ${at}`);
      }
    }
    const { checkpoint } = bundleOf(subject).verificationMaterial.tlogEntries[0].inclusionProof;
    for (let at = 0; at < checkpoint.envelope.length; at += 7) {
      await rebuild(subject, ({ verificationMaterial }) => {
        const changed = String.fromCharCode(checkpoint.envelope.charCodeAt(at) ^ 1);
        const text = checkpoint.envelope.slice(0, at) + changed + checkpoint.envelope.slice(at + 1);
        verificationMaterial.tlogEntries[0].inclusionProof.checkpoint.envelope = text;
      });
      equal((await verify(subject)).verdict, 'refused', `${kind}: checkpoint, character ${at}`);
    }
  }
});
