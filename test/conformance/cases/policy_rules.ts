// Which rule of a policy decides, and its result: every set of signers × every threshold × every set of keys; and names before patterns.
import { base64 } from '../../support/bytes.ts';
import type { Answer, Service } from '../../support/service.ts';
import { payloadFor, type SignedLayer } from '../../support/sign_image.ts';
import { equal } from '../support/assert.ts';
import { logged } from '../support/world.ts';
import { signBundle } from '../support/world_bundles.ts';
import { makePolicyWorld, policyOf, type Rule, signerOf } from '../support/world_policies.ts';
import { test } from '../table.ts';

const IDS = ['a', 'b', 'c'];

function subsets(ids: string[]): string[][] {
  return ids.reduce<string[][]>((all, id) => all.concat(all.map((one) => one.concat(id))), [[]]);
}

const evidenceOf = ({ payload, signature, bundle }: SignedLayer) => ({
  payload: base64(payload),
  signature,
  bundle,
});

/** What the rules would decide, by POST /v1/policies/test. */
async function tryOut(
  service: Service,
  rules: Rule[],
  images: unknown[],
  more: object = {},
): Promise<Answer> {
  const json = { policy: { ...policyOf(...rules), ...more }, images };
  const answer = await service.call('POST', '/v1/policies/test', { as: 'admin', json });
  equal(answer.status, 200, answer.text);
  return answer;
}

test('A13 A63 A73 thresholds: 96 combinations of signers, required keys and threshold give the right verdict', async (t) => {
  const world = await makePolicyWorld(t, { by: [] });
  const { digest } = world.image;
  const layers = new Map<string, SignedLayer>();
  for (const id of IDS)
    layers.set(id, await logged(world.log, signerOf(world.signers, id), payloadFor(digest)));
  const reference = 'ghcr.io/acme/app';
  let cases = 0;
  for (const keys of subsets(IDS).filter((ids) => ids.length > 0)) {
    for (let threshold = 1; threshold <= keys.length; threshold++) {
      const signed = subsets(IDS);
      const images = signed.map((ids) => ({
        reference,
        digest,
        evidence: ids.flatMap((id) => {
          const layer = layers.get(id);
          return layer === undefined ? [] : [evidenceOf(layer)];
        }),
      }));
      const { json } = await tryOut(world.service, [{ require: { threshold, keys } }], images);
      for (const [at, ids] of signed.entries()) {
        const count = ids.filter((id) => keys.includes(id)).length;
        const expected =
          count >= threshold
            ? 'VERIFIED'
            : ids.length === 0
              ? 'NO_SIGNATURES'
              : count === 0
                ? 'NO_TRUSTED_SIGNATURE'
                : 'POLICY_THRESHOLD';
        const { code, trust } = json.results[at];
        equal(
          [code, trust.policy.rule],
          [expected, 'rule 0'],
          `${threshold} of ${keys} with signatures by ${ids.join(' and ') || 'nobody'}`,
        );
        cases++;
      }
    }
  }
  equal(cases, 96);
  equal(world.upstream.sent.length, 0, 'nothing is fetched');
});

test('A13 two signatures by one key count once, in whatever form they come', async (t) => {
  const world = await makePolicyWorld(t, { by: [] });
  const { digest } = world.image;
  const a = signerOf(world.signers, 'a');
  const twice = [
    await logged(world.log, a, payloadFor(digest)),
    await logged(world.log, a, payloadFor(digest)),
  ];
  const image = { reference: 'ghcr.io/acme/app', digest, evidence: twice.map(evidenceOf) };
  const { json } = await tryOut(world.service, [{ require: { threshold: 2, keys: ['a', 'b'] } }], [image]);
  equal([json.results[0].code, json.results[0].signatures.length], ['POLICY_THRESHOLD', 2]);
  const bundle = JSON.parse(new TextDecoder().decode(await signBundle(world, { signer: a })));
  const forms = { ...image, evidence: [...twice.slice(1).map(evidenceOf), bundle] };
  const mixed = (await tryOut(world.service, [{ require: { threshold: 2, keys: ['a', 'b'] } }], [forms]))
    .json;
  equal(
    mixed.results[0].signatures.map(({ format, verdict }: Record<string, string>) => [format, verdict]),
    [
      ['simple-signing', 'verified'],
      ['sigstore-bundle', 'verified'],
    ],
  );
  equal(mixed.results[0].code, 'POLICY_THRESHOLD');
});

const PATTERNS: [pattern: string, matches: string[], misses: string[]][] = [
  [
    'ghcr.io/acme/*',
    ['ghcr.io/acme/app', 'ghcr.io/acme/app:1.2', 'GHCR.IO/acme/app', 'ghcr.io:443/acme/app'],
    [
      'ghcr.io/acme-evil/x',
      'ghcr.io/acme',
      'evil.com/ghcr.io/acme/x',
      'ghcr.io/acme/a/b',
      'ghcr.io.evil.com/acme/app',
      'xghcr.io/acme/app',
      'ghcr.io:8443/acme/app',
      'acme/app',
    ],
  ],
  [
    'ghcr.io/acme/**',
    ['ghcr.io/acme/app', 'ghcr.io/acme/a/b', 'ghcr.io/acme/a/b/c@sha256:'.concat('0'.repeat(64))],
    ['ghcr.io/acmes/app', 'ghcr.io/other/acme/app', 'ghcr.io/ac/me/app'],
  ],
  [
    'ghcr.io/*/app',
    ['ghcr.io/acme/app', 'ghcr.io/b/app'],
    ['ghcr.io/app', 'ghcr.io/a/b/app', 'ghcr.io/acme/app2'],
  ],
  [
    'ghcr.io/acme/app-*',
    ['ghcr.io/acme/app-1', 'ghcr.io/acme/app-a-b'],
    ['ghcr.io/acme/app', 'ghcr.io/acme/my-app-1'],
  ],
  [
    'ghcr.io/acme/app',
    ['ghcr.io/acme/app', 'ghcr.io/acme/app:app2'],
    ['ghcr.io/acme/app2', 'ghcr.io/acme/app/x'],
  ],
  [
    'docker.io/library/nginx',
    [
      'nginx',
      'nginx:latest',
      'docker.io/nginx',
      'docker.io/library/nginx',
      'index.docker.io/library/nginx:latest',
      'registry-1.docker.io/library/nginx',
      'DOCKER.IO/nginx',
      'docker.io:443/library/nginx',
    ],
    ['nginx/nginx', 'library2/nginx', 'quay.io/library/nginx', 'docker.io/library/nginx2', 'localhost/nginx'],
  ],
  [
    'docker.io/**',
    ['busybox', 'acme/app', 'docker.io/a/b/c'],
    ['ghcr.io/docker.io/x', 'my-docker.io/x', 'docker.io.evil.com/x'],
  ],
  [
    '*.example.com/**',
    ['r.example.com/a', 'a-b.example.com/a/b'],
    ['example.com/a', 'a.example.com.evil/a', 'r.example.org/a'],
  ],
  [
    'reg.example:5000/a/**',
    ['reg.example:5000/a/b', 'REG.example:5000/a/b:1'],
    ['reg.example/a/b', 'reg.example:50001/a/b'],
  ],
  ['**', ['busybox', 'ghcr.io/a', 'reg.example:5000/a/b/c/d'], []],
  ['**/app', ['ghcr.io/app', 'ghcr.io/a/b/app', 'app:1'], ['ghcr.io/app/x', 'ghcr.io/myapp']],
];

test('A64 A65 patterns match names as documented, and never by text prefix', async (t) => {
  const world = await makePolicyWorld(t, { by: [] });
  let cases = 0;
  for (const [pattern, matches, misses] of PATTERNS) {
    const images = [...matches, ...misses];
    const rules = [{ match: [pattern], unsafeAllowUnsigned: 'test' }];
    const { json } = await tryOut(world.service, rules, images);
    for (const [at, image] of images.entries()) {
      const expected = at < matches.length ? 'EXEMPT' : 'POLICY_NO_RULE';
      equal(json.results[at].code, expected, `${pattern} and ${image}`);
      cases++;
    }
  }
  equal(cases >= 60, true, `${cases} cases`);
  equal(world.upstream.sent.length, 0, 'an exemption needs no registry');
});

test('A64 an invalid reference fails only that image', async (t) => {
  const { service } = await makePolicyWorld(t, { by: [] });
  const images = [
    'ghcr.io/acme/../evil/x',
    'ghcr.io/acme/a\nb',
    'ghcr.io/Acme/app',
    'ghcr.io/acme/app:',
    'ghcr.io/аcme/app',
    'ghcr.io/acme/app@sha256:0',
  ];
  const { json } = await tryOut(service, [{ unsafeAllowUnsigned: 'test' }], [...images, 'ghcr.io/acme/app']);
  equal(
    json.results.map(({ code }: { code: string }) => code),
    [...images.map(() => 'BAD_REFERENCE'), 'EXEMPT'],
  );
});

test('the first matching rule decides, in written order; except stops a rule from matching', async (t) => {
  const { service } = await makePolicyWorld(t, { by: [] });
  const rules: Rule[] = [
    { name: 'narrow', match: ['ghcr.io/acme/base'], unsafeAllowUnsigned: 'x' },
    {
      name: 'team',
      match: ['ghcr.io/acme/**'],
      except: ['ghcr.io/acme/legacy/**'],
      unsafeAllowUnsigned: 'x',
    },
    { name: 'ended', match: ['ghcr.io/**'], unsafeAllowUnsigned: 'x', until: '2020-01-01T00:00:00Z' },
    { name: 'open', match: ['ghcr.io/**'], unsafeAllowUnsigned: 'x', until: '2999-01-01T00:00:00Z' },
    { name: 'never reached', match: ['ghcr.io/other/**'], unsafeAllowUnsigned: 'x' },
  ];
  const table: [string, string | undefined][] = [
    ['ghcr.io/acme/base', 'narrow'],
    ['ghcr.io/acme/app', 'team'],
    ['ghcr.io/acme/legacy/app', 'open'],
    ['ghcr.io/acme/legacy', 'open'],
    ['ghcr.io/other/app', 'open'],
    ['quay.io/other/app', undefined],
  ];
  const { json } = await tryOut(
    service,
    rules,
    table.map(([image]) => image),
  );
  for (const [at, [image, rule]] of table.entries()) {
    const { trust, code, explanation } = json.results[at];
    equal([trust.policy.rule, code], [rule, rule === undefined ? 'POLICY_NO_RULE' : 'EXEMPT'], image);
    equal(explanation.name, image);
    equal(
      explanation.rules.length,
      rule === undefined ? rules.length : rules.findIndex(({ name }) => name === rule) + 1,
    );
  }
  const [, , legacy] = json.results;
  equal(legacy.explanation.rules, [
    { rule: 'narrow', result: 'no pattern matches' },
    { rule: 'team', result: 'excluded by ghcr.io/acme/legacy/**' },
    { rule: 'ended', result: 'the exemption has ended' },
    { rule: 'open', result: 'matched by ghcr.io/**' },
  ]);
  const reversed = await tryOut(service, [...rules].reverse(), ['ghcr.io/acme/base', 'ghcr.io/other/app']);
  equal(
    reversed.json.results.map(({ trust }: { trust: { policy: { rule: string } } }) => trust.policy.rule),
    ['open', 'never reached'],
  );
});

test('A68 overlapping exemptions allow no more than each alone, and an ended one no longer applies', async (t) => {
  const { service } = await makePolicyWorld(t, { by: [] });
  const rules: Rule[] = [
    { name: 'one', match: ['ghcr.io/acme/*'], except: ['ghcr.io/acme/secret'], unsafeAllowUnsigned: 'x' },
    { name: 'two', match: ['ghcr.io/*/tool'], except: ['ghcr.io/evil/*'], unsafeAllowUnsigned: 'x' },
    { name: 'over', match: ['**'], unsafeAllowUnsigned: 'x', until: '2020-01-01T00:00:00Z' },
  ];
  const table = [
    ['ghcr.io/acme/app', 'one'],
    ['ghcr.io/b/tool', 'two'],
    ['ghcr.io/acme/tool', 'one'],
    ['ghcr.io/acme/secret', undefined],
    ['ghcr.io/evil/tool', undefined],
    ['ghcr.io/b/app', undefined],
  ] as const;
  const { json } = await tryOut(
    service,
    rules,
    table.map(([image]) => image),
  );
  for (const [at, [image, rule]] of table.entries()) equal(json.results[at].trust.policy.rule, rule, image);
});

test('mirrors: rules match the name that a mirror stands for; the longest prefix of whole segments wins', async (t) => {
  const { service } = await makePolicyWorld(t, { by: [] });
  const mirrors = {
    'mirror.example': 'quay.io',
    'mirror.example/hub': 'docker.io',
    'mirror.example/hub/team': 'ghcr.io/acme',
    'old.example/x': 'mirror.example/hub',
    'other.example/app': 'docker.io',
  };
  const rules = ['docker.io/library/*', 'ghcr.io/acme/**', 'quay.io/**', 'mirror.example/**'].map(
    (pattern) => ({
      name: pattern,
      match: [pattern],
      unsafeAllowUnsigned: 'x',
    }),
  );
  const table = [
    ['mirror.example/hub/library/nginx', 'docker.io/library/nginx', 'docker.io/library/*'],
    ['mirror.example/hub/nginx', 'docker.io/library/nginx', 'docker.io/library/*'],
    ['mirror.example/hub/team/app', 'ghcr.io/acme/app', 'ghcr.io/acme/**'],
    ['mirror.example/hub/teamx/app', 'docker.io/teamx/app', undefined],
    ['mirror.example/hubs/app', 'quay.io/hubs/app', 'quay.io/**'],
    ['mirror.example:5000/hub/nginx', 'mirror.example:5000/hub/nginx', undefined],
    ['old.example/x/nginx', 'mirror.example/hub/nginx', 'mirror.example/**'],
    ['x.mirror.example/hub/nginx', 'x.mirror.example/hub/nginx', undefined],
    ['other.example/app', 'other.example/app', undefined],
    ['other.example/app/nginx', 'docker.io/library/nginx', 'docker.io/library/*'],
    ['mirror.example/hub/team', 'ghcr.io/acme', 'ghcr.io/acme/**'],
  ] as const;
  const { json } = await tryOut(
    service,
    rules,
    table.map(([image]) => image),
    { mirrors },
  );
  for (const [at, [image, name, rule]] of table.entries()) {
    const { explanation, trust } = json.results[at];
    equal([explanation.name, trust.policy.rule], [name, rule], image);
  }
});
