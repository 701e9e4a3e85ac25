// Gathering evidence for one image: which places are searched, what is cached, and looks that continue earlier ones.
import { describe, expect, test } from 'vitest';
import type { Evidence } from '../../src/core/evidence/evidence.ts';
import { parseImageReference } from '../../src/core/reference.ts';
import type { Wanted } from '../../src/registry/find_evidence.ts';
import { parsePlatform } from '../../src/registry/platform.ts';
import { gatherEvidence, isRemembered } from '../../src/verify/evidence/gather.ts';
import { isWhole, lookAgain, lookDeeper, wholeOf } from '../../src/verify/evidence/look.ts';
import type { Progress } from '../../src/verify/report.ts';
import type { Turn } from '../../src/verify/turn.ts';
import { attach } from '../support/artifacts.ts';
import { utf8 } from '../support/bytes.ts';
import type { FakeRegistry } from '../support/fake_registry.ts';
import { type Content, makeImage, makeIndex, payloadFor, type SignedLayer } from '../support/sign_image.ts';
import { makeVerifier } from '../support/verifier.ts';

const HOST = 'registry.example';
const REPOSITORY = 'app';
const NAME = `${HOST}/${REPOSITORY}`;
const WANTED: Wanted = { what: 'signatures', predicateTypes: [] };
const never = new Promise<Response>(() => undefined);

/** Turns that count how often one is taken. */
function countedTurn(): Turn & { begun: number } {
  return {
    begun: 0,
    async begin() {
      this.begun++;
    },
    letPass: () => undefined,
    end: () => undefined,
  };
}

/** A requirement; these tests do not judge it. */
function layer(image: Content, label: string): SignedLayer {
  return { payload: payloadFor(image.digest, { optional: { label } }), signature: 'AAAA' };
}

async function indexed(registry: FakeRegistry) {
  const leaf = await makeImage('leaf');
  const index = await makeIndex([{ image: leaf, platform: { os: 'linux', architecture: 'amd64' } }]);
  for (const item of [leaf, index]) registry.push(REPOSITORY, item);
  return { leaf, index, reference: parseImageReference(`${NAME}@${index.digest}`) };
}

const manifests = (evidence: Evidence[]) => evidence.map(({ source }) => source.manifest);

describe('the places that are searched', () => {
  test('are those of the image, or of the index and the leaf if a platform is asked for', async () => {
    const { registry, session } = makeVerifier(HOST);
    const { leaf, index, reference } = await indexed(registry);
    const onIndex = await registry.sign(REPOSITORY, index.digest, [layer(index, 'index')]);
    const onLeaf = await registry.sign(REPOSITORY, leaf.digest, [layer(leaf, 'leaf')]);
    const progress: Progress = {};
    const one = await gatherEvidence(session(), { reference }, WANTED, progress, countedTurn());
    expect(one.looks.map(({ place: { name, digest } }) => [name, digest])).toEqual([[NAME, index.digest]]);
    expect(progress.subject).toEqual({ digest: index.digest });
    const platform = parsePlatform('linux/amd64');
    const two = await gatherEvidence(session(), { reference, platform }, WANTED, progress, countedTurn());
    expect(two.looks.map(({ place }) => place.digest)).toEqual([index.digest, leaf.digest]);
    expect(progress.subject?.platform).toEqual({ name: 'linux/amd64', digest: leaf.digest });
    const found = await wholeOf(two.looks);
    expect(found.map(({ evidence }) => manifests(evidence))).toEqual([[onIndex.digest], [onLeaf.digest]]);
  });

  test('are those of another repository if that holds the signatures', async () => {
    const { registry, session } = makeVerifier(HOST);
    const image = await makeImage('elsewhere');
    const manifest = await registry.sign('sigs', image.digest, [layer(image, 'a')]);
    const reference = parseImageReference(`${NAME}@${image.digest}`);
    const signatures = { registry: HOST, repository: 'sigs' };
    const { looks } = await gatherEvidence(session(), { reference, signatures }, WANTED, {}, countedTurn());
    expect(looks.map(({ place }) => place.name)).toEqual([`${HOST}/sigs`]);
    expect((await wholeOf(looks)).map(({ evidence }) => manifests(evidence))).toEqual([[manifest.digest]]);
  });

  test('are searched once per request, whoever asks', async () => {
    const { registry, session } = makeVerifier(HOST);
    const image = await makeImage('once');
    await registry.sign(REPOSITORY, image.digest, [layer(image, 'a')]);
    const reference = parseImageReference(`${NAME}@${image.digest}`);
    const one = session();
    const [first, second] = [countedTurn(), countedTurn()];
    const [a, b] = await Promise.all([
      gatherEvidence(one, { reference }, WANTED, {}, first),
      gatherEvidence(one, { reference }, WANTED, {}, second),
    ]);
    expect(a).toBe(b);
    expect([first.begun, second.begun]).toEqual([1, 0]);
  });
});

describe('cached evidence', () => {
  test('needs no call and no turn until it expires', async () => {
    const { registry, session, wait } = makeVerifier(HOST);
    const image = await makeImage('remembered');
    await registry.sign(REPOSITORY, image.digest, [layer(image, 'a')]);
    const reference = parseImageReference(`${NAME}@${image.digest}`);
    const ask = async () => {
      const turn = countedTurn();
      const { looks } = await gatherEvidence(session(), { reference }, WANTED, {}, turn);
      return { looks, found: await wholeOf(looks), begun: turn.begun };
    };
    expect(isRemembered(session(), { reference }, WANTED.what)).toBe(false);
    const cold = await ask();
    expect(cold.begun).toBe(1);
    expect(cold.looks[0]?.whole).toBeInstanceOf(Promise);
    const asked = registry.asked.length;
    const warm = await ask();
    expect(warm.begun).toBe(0);
    expect(registry.asked).toHaveLength(asked);
    expect(warm.looks[0]?.whole).toBe(warm.found[0]);
    expect(warm.looks[0]?.soFar).toBe(warm.found[0]?.evidence);
    expect(warm.found[0]?.evidence).toEqual(cold.found[0]?.evidence);
    expect(isRemembered(session(), { reference }, WANTED.what)).toBe(true);
    wait(60_001);
    expect(isRemembered(session(), { reference }, WANTED.what)).toBe(false);
  });

  test('is kept separately per kind of caller, repository and kind of evidence', async () => {
    const { registry, session } = makeVerifier(HOST);
    const image = await makeImage('kinds');
    await registry.sign(REPOSITORY, image.digest, [layer(image, 'a')]);
    const reference = parseImageReference(`${NAME}@${image.digest}`);
    await wholeOf((await gatherEvidence(session(true), { reference }, WANTED, {}, countedTurn())).looks);
    expect(isRemembered(session(true), { reference }, WANTED.what)).toBe(true);
    expect(isRemembered(session(false), { reference }, WANTED.what)).toBe(false);
    const signatures = { registry: HOST, repository: 'sigs' };
    expect(isRemembered(session(true), { reference, signatures }, WANTED.what)).toBe(false);
    expect(isRemembered(session(true), { reference }, 'attestations')).toBe(false);
    const tagged = parseImageReference(`${NAME}:1`);
    expect(isRemembered(session(true), { reference: tagged }, WANTED.what), 'a tag').toBe(false);
    const platform = parsePlatform('linux/amd64');
    expect(isRemembered(session(true), { reference, platform }, WANTED.what), 'a platform').toBe(false);
    await wholeOf((await gatherEvidence(session(false), { reference }, WANTED, {}, countedTurn())).looks);
    expect(isRemembered(session(false), { reference }, WANTED.what)).toBe(true);
  });

  test('is judged again with the facts that were computed about it', async () => {
    const { registry, session, wait } = makeVerifier(HOST);
    const image = await makeImage('again');
    await registry.sign(REPOSITORY, image.digest, [layer(image, 'a')]);
    const reference = parseImageReference(`${NAME}@${image.digest}`);
    const first = await wholeOf(
      (await gatherEvidence(session(), { reference }, WANTED, {}, countedTurn())).looks,
    );
    const [old] = first[0]?.evidence ?? [];
    if (old === undefined || 'missing' in old) throw new TypeError('a signature was found');
    old.facts.set('signature', true);
    wait(4000);
    await registry.sign(REPOSITORY, image.digest, [layer(image, 'b'), layer(image, 'a')]);
    const later = session();
    const turn = countedTurn();
    const { looks } = await gatherEvidence(later, { reference }, WANTED, {}, turn);
    const again = await wholeOf(await lookAgain(later, looks, turn));
    expect(turn.begun).toBe(1);
    expect(again[0]?.at).toBe(1_004_000);
    const facts = again[0]?.evidence.map((item) => ('missing' in item ? undefined : item.facts.size));
    expect(facts).toEqual([0, 1]);
  });
});

describe('a look', () => {
  test('has the evidence found so far while one place hangs', async () => {
    const { registry, session } = makeVerifier(HOST);
    const image = await makeImage('slow');
    const signature = await registry.sign(REPOSITORY, image.digest, [layer(image, 'a')]);
    registry.lie = ({ what }) => (what === 'referrers' ? never : undefined);
    const reference = parseImageReference(`${NAME}@${image.digest}`);
    const { looks } = await gatherEvidence(session(), { reference }, WANTED, {}, countedTurn());
    await expect.poll(() => manifests(looks[0]?.soFar ?? [])).toEqual([signature.digest]);
  });

  test('that fails before anybody awaits it causes no unhandled rejection', async () => {
    const { session } = makeVerifier(HOST);
    const image = await makeImage('failing');
    const reference = parseImageReference(`${NAME}@${image.digest}`);
    const one = session();
    one.egress.send = () => Promise.reject(new TypeError('a defect'));
    const { looks } = await gatherEvidence(one, { reference }, WANTED, {}, countedTurn());
    await new Promise((resolve) => setTimeout(resolve, 5));
    await expect(wholeOf(looks)).rejects.toThrow('a defect');
  });
});

describe('a deeper look', () => {
  const artifactType = 'application/json';

  test('opens artifacts that the lists give another type, and adds them to the evidence found before', async () => {
    const { registry, session } = makeVerifier(HOST);
    const { leaf, index, reference } = await indexed(registry);
    registry.referrers = {};
    const signature = await registry.sign(REPOSITORY, leaf.digest, [layer(leaf, 'a')]);
    const other = await attach(registry, REPOSITORY, leaf, utf8('{}'), { artifactType });
    const one = session();
    const platform = parsePlatform('linux/amd64');
    const turn = countedTurn();
    const { looks } = await gatherEvidence(one, { reference, platform }, WANTED, {}, turn);
    const found = await wholeOf(looks);
    expect(found.map(isWhole)).toEqual([true, false]);
    expect(looks.map(({ place }) => place.digest)).toEqual([index.digest, leaf.digest]);
    expect(turn.begun).toBe(1);
    const deeper = await lookDeeper(one, looks, turn);
    expect(turn.begun).toBe(2);
    // The index has nothing more to open, so its look stays the same.
    expect(deeper[0]).toEqual({ place: looks[0]?.place, soFar: found[0]?.evidence, whole: found[0] });
    expect(manifests(deeper[1]?.soFar ?? []), 'from the beginning').toEqual([signature.digest]);
    const all = await wholeOf(deeper);
    expect(manifests(all[1]?.evidence ?? [])).toEqual([signature.digest, other.digest]);
    expect(manifests(deeper[1]?.soFar ?? []), 'as it comes').toEqual([signature.digest, other.digest]);
    expect(all.map(isWhole)).toEqual([true, true]);
    expect(manifests(found[1]?.evidence ?? []), 'what is remembered is not written to').toEqual([
      signature.digest,
    ]);
  });

  test('is remembered, so that the next request opens nothing', async () => {
    const { registry, session } = makeVerifier(HOST);
    const image = await makeImage('deep');
    registry.referrers = {};
    const other = await attach(registry, REPOSITORY, image, utf8('{}'), { artifactType });
    const signature = await registry.sign(REPOSITORY, image.digest, [layer(image, 'a')]);
    const reference = parseImageReference(`${NAME}@${image.digest}`);
    const first = session();
    const { looks } = await gatherEvidence(first, { reference }, WANTED, {}, countedTurn());
    await wholeOf(await lookDeeper(first, looks, countedTurn()));
    const asked = registry.asked.length;
    const again = await gatherEvidence(session(), { reference }, WANTED, {}, countedTurn());
    const [found] = await wholeOf(again.looks);
    expect(manifests(found?.evidence ?? [])).toEqual([signature.digest, other.digest]);
    expect(found?.unopened).toEqual([]);
    expect(registry.asked).toHaveLength(asked);
  });
});
