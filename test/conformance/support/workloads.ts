// Builds Kubernetes objects, and lists the images found in them.
import { changedImages, imagesOf } from '../../../src/admission/workload_images.ts';
import type { Json, JsonObject } from '../../../src/core/encoding/json.ts';
import { match, throws } from './assert.ts';

export const meta = { name: 'web', namespace: 'shop', labels: { app: 'web' } };
export const container = (name: string, image: Json) => ({ name, image, imagePullPolicy: 'IfNotPresent' });
export const template = (spec: JsonObject): JsonObject => ({ metadata: { labels: { app: 'web' } }, spec });
export const selector = { matchLabels: { app: 'web' } };
export const pod = (spec: JsonObject, metadata: JsonObject = meta): JsonObject => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata,
  spec,
});
export const onePod = (image: Json) => pod({ containers: [container('app', image)] });

/** Pointer, slot and image of each place that names an image, one line each. */
export const lines = (object: Json) =>
  imagesOf(object).map(({ pointer, slot, image }) => `${pointer} | ${slot} | ${image}`);
export const images = (object: Json) => imagesOf(object).map(({ image }) => image);
export const changed = (object: Json, old: Json | undefined) =>
  changedImages(object, old).map(({ image }) => image);

export async function refused(object: Json, problem: RegExp, what?: string): Promise<void> {
  const error = await throws(
    () => imagesOf(object),
    'Malformed',
    what ?? JSON.stringify(object)?.slice(0, 300),
  );
  match(error.message, problem, what);
}

export const everything = {
  restartPolicy: 'Always',
  initContainers: [
    container('migrate', 'ghcr.io/acme/migrate:1'),
    { ...container('proxy', 'ghcr.io/acme/proxy:2'), restartPolicy: 'Always' },
  ],
  containers: [
    { ...container('app', 'ghcr.io/acme/app:3'), ports: [{ containerPort: 80 }] },
    container('sidecar', 'busybox'),
  ],
  ephemeralContainers: [{ ...container('debug', 'ghcr.io/acme/debug:4'), targetContainerName: 'app' }],
  volumes: [
    { name: 'tmp', emptyDir: {} },
    { name: 'disk', rbd: { monitors: ['10.0.0.1'], image: 'not-a-container-image' } },
    { name: 'data', image: { reference: 'ghcr.io/acme/data:5', pullPolicy: 'IfNotPresent' } },
  ],
};
export const everyImage = [
  'ghcr.io/acme/migrate:1',
  'ghcr.io/acme/proxy:2',
  'ghcr.io/acme/app:3',
  'busybox',
  'ghcr.io/acme/debug:4',
  'ghcr.io/acme/data:5',
];
