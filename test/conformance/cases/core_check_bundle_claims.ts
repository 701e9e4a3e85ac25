// Sigstore bundles in every form: for each check of what the signer stated and when, a bundle that fails only that check.
import { BARE, checksOf, KINDS, V1, V2 } from '../support/bundle_checks.ts';
import { makeBundle, rebuild } from '../support/bundle_harness.ts';
import { failsAlone, inOrder, passes } from '../support/check_alone.ts';
import { NOW, trusted } from '../support/harness.ts';
import { test } from '../table.ts';

test('A22 check key-valid: a v2 log proves no time, so a key with a window needs a timestamp', async () => {
  const v1 = await makeBundle();
  v1.trust.keys = [await trusted(v1.signer, { validFrom: 0 })];
  await passes(v1, inOrder([...V1, 'key-valid']));
  const v2 = await makeBundle({ kind: 'v2' });
  v2.trust.keys = [await trusted(v2.signer, { validFrom: 0 })];
  await failsAlone(v2, 'key-valid', 'NO_TRUSTED_TIME', inOrder([...V2, 'key-valid']));
  await rebuild(v2, ({ verificationMaterial }) => {
    verificationMaterial.tlogEntries[0].integratedTime = '1748779200';
  });
  await failsAlone(v2, 'key-valid', 'NO_TRUSTED_TIME', inOrder([...V2, 'key-valid']));
});

test('A8 check annotations: in bundles, the annotations of the statement’s subject must match exactly', async () => {
  const subject = await makeBundle({ statement: { annotations: { ref: 'main', n: 7 } } });
  const applying = inOrder([...V1, 'annotations']);
  subject.requirements.annotations = [['ref', 'main']];
  await passes(subject, applying);
  for (const pair of [
    ['ref', 'dev'],
    ['missing', ''],
    ['n', '7'],
    ['toString', ''],
  ] as [string, string][]) {
    subject.requirements.annotations = [pair];
    await failsAlone(subject, 'annotations', 'ANNOTATION_MISMATCH', applying);
  }
});

test('A4 check predicate-type: an attestation by a trusted key counts neither as a signature nor as an attestation of another type', async () => {
  const provenance = 'https://slsa.dev/provenance/v1';
  for (const kind of KINDS) {
    const subject = await makeBundle({ kind, statement: { predicateType: provenance } });
    await failsAlone(subject, 'predicate-type', 'PREDICATE_TYPE_MISMATCH', checksOf(kind));
    subject.requirements.attestation = provenance;
    await passes(subject, checksOf(kind));
    subject.requirements.attestation = 'https://spdx.dev/Document';
    await failsAlone(subject, 'predicate-type', 'PREDICATE_TYPE_MISMATCH', checksOf(kind));
  }
  for (const predicateType of [
    'https://sigstore.dev/cosign/sign/v1/',
    'https://sigstore.dev/cosign/sign/V1',
    '',
  ]) {
    const subject = await makeBundle({ statement: { predicateType } });
    await failsAlone(subject, 'predicate-type', 'PREDICATE_TYPE_MISMATCH', V1);
  }
  const bare = await makeBundle({ isMessage: true, kind: 'hashedrekord' });
  bare.requirements.attestation = provenance;
  await failsAlone(bare, 'predicate-type', 'PREDICATE_TYPE_MISMATCH', inOrder([...BARE, 'predicate-type']));
});

test('check predicate: PREDICATE_MISMATCH for a predicate without a required value, and for an empty predicate', async () => {
  const type = 'https://cosign.sigstore.dev/attestation/vuln/v1';
  const scan = { scanner: { result: 'ok', findings: [3, 0] }, note: null };
  for (const kind of KINDS) {
    const subject = await makeBundle({ kind, statement: { predicateType: type, predicate: scan } });
    const applying = inOrder([...checksOf(kind), 'predicate']);
    const require = (...wanted: [pointer: string, value: string | number | null][]) => {
      const predicate = wanted.map(([pointer, value]) => ({ pointer, values: [value] }));
      subject.requirements = { ...subject.requirements, attestation: type, predicate };
    };
    require(['/scanner/result', 'ok'], ['/scanner/findings/0', 3], ['/note', null]);
    await passes(subject, applying);
    for (const [pointer, value] of [
      ['/scanner/result', 'bad'],
      ['/scanner/findings/0', '3'],
      ['/scanner/findings/2', null],
      ['/scanner/findings/length', 2],
      ['/scanner/constructor/name', 'Object'],
      ['/missing', null],
      ['', 'ok'],
    ] as const) {
      require(['/scanner/result', 'ok'], [pointer, value]);
      await failsAlone(subject, 'predicate', 'PREDICATE_MISMATCH', applying);
    }
    const silent = await makeBundle({ kind, statement: { predicateType: type, predicate: null } });
    silent.requirements = subject.requirements;
    await failsAlone(silent, 'predicate', 'PREDICATE_MISMATCH', applying);
  }
});

test('check predicate: PREDICATE_MISMATCH for a time that is older than the policy allows, lies ahead, or is none', async () => {
  const attestation = 'https://cosign.sigstore.dev/attestation/vuln/v1';
  const finished = (at: number) => ({ metadata: { scanFinishedOn: new Date(at).toISOString() } });
  const week = 7 * 24 * 3_600_000;
  const times: [at: number, isRecent: boolean][] = [
    [NOW, true],
    [NOW - week, true],
    [NOW - week - 1, false],
    [NOW + 5 * 60_000, true],
    [NOW + 5 * 60_000 + 1, false],
  ];
  for (const kind of KINDS) {
    const applying = inOrder([...checksOf(kind), 'predicate']);
    for (const [at, isRecent] of times) {
      const subject = await makeBundle({
        kind,
        statement: { predicateType: attestation, predicate: finished(at) },
      });
      const require = (pointer: string) => {
        const predicate = [{ pointer, maxAge: { text: '168h', milliseconds: week } }];
        subject.requirements = { ...subject.requirements, attestation, predicate };
      };
      require('/metadata/scanFinishedOn');
      if (isRecent) await passes(subject, applying);
      else await failsAlone(subject, 'predicate', 'PREDICATE_MISMATCH', applying);
      require('/metadata');
      await failsAlone(subject, 'predicate', 'PREDICATE_MISMATCH', applying);
    }
  }
});
