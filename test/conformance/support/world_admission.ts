// AdmissionReview documents as an API server sends them, and a world in which they are judged.
import { unbase64 } from '../../support/bytes.ts';
import type { Answer, CallOptions } from '../../support/service.ts';
import type { TestContext } from '../table.ts';
import { equal } from './assert.ts';
import type { World } from './world.ts';
import { anotherImage, makePolicyWorld, type Rule } from './world_policies.ts';

const UID = '705ab4f5-6393-11e8-b7cc-42010a800002';

// biome-ignore lint/suspicious/noExplicitAny: objects of Kubernetes have many forms
export type Any = any;

export function pod(...images: string[]): Any {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'web', namespace: 'shop' },
    spec: { containers: images.map((image, at) => ({ name: `c${at}`, image })) },
  };
}

export function workload(apiVersion: string, kind: string, image: string): Any {
  const { spec } = pod(image);
  const template = { metadata: { labels: { app: 'web' } }, spec };
  const metadata = { name: 'web', namespace: 'shop' };
  if (kind === 'Pod') return pod(image);
  if (kind === 'PodTemplate') return { apiVersion, kind, metadata, template };
  if (kind === 'CronJob')
    return { apiVersion, kind, metadata, spec: { jobTemplate: { spec: { template } } } };
  return { apiVersion, kind, metadata, spec: { template } };
}

export function review(object: Any, more: object = {}): Any {
  const [group, version] = object?.apiVersion?.includes('/')
    ? object.apiVersion.split('/')
    : ['', object?.apiVersion];
  return {
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    request: {
      uid: UID,
      kind: { group, version, kind: object?.kind },
      resource: { group, version, resource: 'things' },
      namespace: 'shop',
      operation: 'CREATE',
      userInfo: { username: 'system:serviceaccount:shop:deployer', groups: ['system:masters'] },
      object,
      oldObject: null,
      dryRun: false,
      options: {},
      ...more,
    },
  };
}

export interface Response {
  allowed: boolean;
  status?: { code: number; message: string };
  warnings?: string[];
  patch?: { op: string; path: string; value: string }[];
  auditAnnotations?: Record<string, string>;
}

export async function admit(
  world: World,
  json: Any,
  path = '/v1/admission/default',
  options: CallOptions = {},
): Promise<Response> {
  const answer = await world.service.call('POST', path, { json, ...options });
  return responseOf(answer);
}

function responseOf(answer: Answer): Response {
  equal(
    [answer.status, answer.json?.kind, answer.json?.apiVersion],
    [200, 'AdmissionReview', 'admission.k8s.io/v1'],
    answer.text,
  );
  const { uid, patch, patchType, ...response } = answer.json.response;
  equal(uid, UID);
  if (patch === undefined) return response;
  equal(patchType, 'JSONPatch');
  return { ...response, patch: JSON.parse(new TextDecoder().decode(unbase64(patch))) };
}

export const REQUIRE_A: Rule[] = [{ name: 'ours', require: { keys: ['a'] } }];

/** A world with a signed image (`app:1`) and an unsigned one. */
export async function makeCluster(t: TestContext, rules: Rule[] = REQUIRE_A, vars = {}) {
  const world = await makePolicyWorld(t, { rules, vars: { SUBREQUESTS: '1000', ...vars } });
  const bad = await anotherImage(world, []);
  return { ...world, good: `${world.name}:1`, bad: `${world.name}:${bad.tag}` };
}

export const KINDS: [apiVersion: string, kind: string][] = [
  ['v1', 'Pod'],
  ['v1', 'PodTemplate'],
  ['v1', 'ReplicationController'],
  ['apps/v1', 'Deployment'],
  ['apps/v1', 'StatefulSet'],
  ['apps/v1', 'DaemonSet'],
  ['apps/v1', 'ReplicaSet'],
  ['batch/v1', 'Job'],
  ['batch/v1', 'CronJob'],
  ['argoproj.io/v1alpha1', 'Rollout'],
];
