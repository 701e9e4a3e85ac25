// The requirements that follow from a caller's trust: one from named keys, several from a policy's rule, and a request may only add to them.
import { describe, expect, test } from 'vitest';
import { SIGNATURE_PREDICATE_TYPE } from '../../src/core/formats/in_toto.ts';
import type { Policy, RequiringRule, Rule } from '../../src/core/policy/policy.ts';
import { planFor, wantedBy } from '../../src/verify/plan.ts';
import type { Question } from '../../src/verify/question.ts';
import type { Progress } from '../../src/verify/report.ts';
import { makeVerifier } from '../support/verifier.ts';

const NAME = 'registry.example/app';
const SLSA = 'https://slsa.dev/provenance/v1';
const VULN = 'https://cosign.sigstore.dev/attestation/vuln/v1';

type RuleOptions = Partial<Omit<RequiringRule, 'require'>> & { require?: Partial<RequiringRule['require']> };

function rule({ require, ...more }: RuleOptions): RequiringRule {
  return {
    name: 'release',
    match: ['**'],
    except: [],
    mode: 'enforce',
    ...more,
    require: { threshold: 1, keys: ['a', 'b'], annotations: [], attestations: [], ...require },
  };
}

const exempting: Rule = { name: 'old', match: ['**'], except: [], unsafeAllowUnsigned: 'built elsewhere' };

async function planned(rules: Rule[], more: Partial<Question> = {}, name: string | undefined = NAME) {
  const policy: Policy = { mirrors: [], rules };
  const progress: Progress = {};
  const question = {
    trust: { policy: { draft: { id: 'prod', version: '1', policy } } },
    annotations: [],
    ...more,
  };
  return {
    plan: await planFor(makeVerifier('registry.example').session(), question, name, progress),
    progress,
  };
}

async function requirements(...args: Parameters<typeof planned>) {
  const { plan } = await planned(...args);
  if ('exemption' in plan) throw new TypeError('an exemption has no requirements');
  return plan.requirements;
}

describe('named keys', () => {
  const ask = (trust: Question['trust'], more: Partial<Question> = {}, name?: string) =>
    planFor(makeVerifier('registry.example').session(), { trust, annotations: [], ...more }, name, {});

  test('make one requirement, which a signature by any one of them meets', async () => {
    expect(await ask({ keys: ['a', 'b'] }, {}, NAME)).toEqual({
      requirements: [
        { keys: { named: ['a', 'b'] }, threshold: 1, perSignature: { annotations: [], name: NAME } },
      ],
    });
  });

  test('include everything else that the caller requires', async () => {
    const annotations: [string, string][] = [['env', 'prod']];
    expect(await ask({ keys: ['a'] }, { annotations, transparency: 'online', attestation: SLSA })).toEqual({
      requirements: [
        {
          keys: { named: ['a'] },
          threshold: 1,
          perSignature: { annotations, transparency: 'online', attestation: SLSA },
        },
      ],
    });
  });

  test('that the caller sends keep the waiver of the log', async () => {
    expect(await ask({ publicKeys: [], isLogWaived: true })).toMatchObject({
      requirements: [{ keys: { own: [], isLogWaived: true } }],
    });
  });
});

describe('a policy', () => {
  test('needs the image’s name', async () => {
    const { session } = makeVerifier('registry.example');
    const draft = { id: 'prod', version: '1', policy: { mirrors: [], rules: [rule({})] } };
    await expect(
      planFor(session(), { trust: { policy: { draft } }, annotations: [] }, undefined, {}),
    ).rejects.toMatchObject({ code: 'BAD_REQUEST', message: expect.stringContaining('reference=NAME') });
  });

  test('that is not stored is POLICY_NOT_FOUND if the caller named it, and NO_TRUST_NAMED if it is the default', async () => {
    const { session } = makeVerifier('registry.example');
    const ask = (id: string, isImplied: boolean) =>
      planFor(session(), { trust: { policy: { id, isImplied } }, annotations: [] }, NAME, {});
    await expect(ask('prod', false)).rejects.toMatchObject({ code: 'POLICY_NOT_FOUND' });
    await expect(ask('default', true)).rejects.toMatchObject({ code: 'NO_TRUST_NAMED' });
  });

  test('without a matching rule refuses, and the report says which policy it was', async () => {
    const { session } = makeVerifier('registry.example');
    const progress: Progress = {};
    const policy = { mirrors: [], rules: [rule({ match: ['other.example/**'] })] };
    const question = { trust: { policy: { draft: { id: 'prod', version: '7', policy } } }, annotations: [] };
    await expect(planFor(session(), question, NAME, progress)).rejects.toMatchObject({
      name: 'Refused',
      code: 'POLICY_NO_RULE',
      message: 'No rule of the policy prod matches registry.example/app.',
    });
    expect(progress.policy).toMatchObject({ id: 'prod', version: '7', enforcement: 'enforce' });
    expect(progress.policy).not.toHaveProperty('rule');
  });

  test('reports its rule, and whether that only warns', async () => {
    const { progress } = await planned([rule({ name: 'soft', mode: 'warn' })]);
    expect(progress.policy).toMatchObject({ rule: 'soft', enforcement: 'warn' });
  });

  test('reports an exemption as enforced', async () => {
    const { plan, progress } = await planned([exempting]);
    expect(plan).toEqual({ exemption: exempting });
    expect(progress.policy).toMatchObject({ rule: 'old', enforcement: 'enforce' });
  });

  test.each<Partial<Question>>([
    { annotations: [['env', 'prod']] },
    { transparency: 'required' },
    { attestation: SLSA },
  ])('that exempts does not silently drop what the caller requires: %o', async (more) => {
    await expect(planned([exempting], more)).rejects.toMatchObject({ code: 'BAD_REQUEST' });
  });
});

describe('a rule', () => {
  test('requires signatures, with its own annotations and the caller’s', async () => {
    const given = rule({ require: { threshold: 2, annotations: [['team', 'x']] } });
    expect(await requirements([given], { annotations: [['env', 'prod']] })).toEqual([
      {
        keys: { listed: ['a', 'b'] },
        threshold: 2,
        perSignature: {
          name: NAME,
          annotations: [
            ['team', 'x'],
            ['env', 'prod'],
          ],
        },
      },
    ]);
  });

  test.each<[RequiringRule['require']['transparency'], Question['transparency'], string | undefined]>([
    [undefined, undefined, undefined],
    ['required', undefined, 'required'],
    [undefined, 'required', 'required'],
    ['required', 'online', 'online'],
    ['online', 'required', 'online'],
  ])('with transparency %s and a request for %s requires %s', async (ofRule, asked, expected) => {
    const require = ofRule === undefined ? {} : { transparency: ofRule };
    const more = asked === undefined ? {} : { transparency: asked };
    const [only] = await requirements([rule({ require })], more);
    expect(only?.perSignature.transparency).toBe(expected);
  });

  test('requires each of its attestations, beside the signatures', async () => {
    const attestation = { type: VULN, keys: ['scanner'], threshold: 1, where: [] };
    const given = rule({ require: { attestations: [attestation], annotations: [['team', 'x']] } });
    const [signatures, attested, ...rest] = await requirements([given]);
    expect(signatures?.perSignature.annotations).toEqual([['team', 'x']]);
    expect(attested).toEqual({
      keys: { listed: ['scanner'] },
      threshold: 1,
      perSignature: { name: NAME, annotations: [], attestation: VULN, predicate: [] },
    });
    expect(rest).toEqual([]);
  });

  test('that already requires the attestation asked for takes only its own keys for it', async () => {
    const attestation = { type: VULN, keys: ['scanner'], threshold: 1, where: [] };
    const all = await requirements([rule({ require: { attestations: [attestation] } })], {
      attestation: VULN,
    });
    expect(all.map(({ keys }) => keys)).toEqual([{ listed: ['a', 'b'] }, { listed: ['scanner'] }]);
  });

  test('requires another attestation that is asked for by its signing keys', async () => {
    const attestation = { type: VULN, keys: ['scanner'], threshold: 1, where: [] };
    const all = await requirements([rule({ require: { attestations: [attestation] } })], {
      attestation: SLSA,
    });
    expect(all.map(({ keys, perSignature }) => [keys, perSignature.attestation])).toEqual([
      [{ listed: ['a', 'b'] }, undefined],
      [{ listed: ['scanner'] }, VULN],
      [{ listed: ['a', 'b'] }, SLSA],
    ]);
  });
});

describe('the evidence to search for', () => {
  const one = (attestation?: string) => ({
    keys: { listed: [] },
    threshold: 1,
    perSignature: { annotations: [], ...(attestation !== undefined && { attestation }) },
  });

  test('is signatures, attestations, or both', () => {
    expect(wantedBy({ requirements: [one()] })).toEqual({
      what: 'signatures',
      predicateTypes: [SIGNATURE_PREDICATE_TYPE],
    });
    expect(wantedBy({ requirements: [one(SLSA), one(VULN)] })).toEqual({
      what: 'attestations',
      predicateTypes: [SLSA, VULN],
    });
    expect(wantedBy({ requirements: [one(), one(VULN)] })).toEqual({
      what: 'everything',
      predicateTypes: [SIGNATURE_PREDICATE_TYPE, VULN],
    });
  });
});
