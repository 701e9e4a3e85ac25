// The manifests under docs/kubernetes agree with each other and with what the service expects. docs/abuse.md: A91, A92, A95.

import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { loadAll } from 'js-yaml';
import { describe, expect, test } from 'vitest';
import { ROOT } from '../../scripts/paths.ts';
import { imagesOf } from '../../src/admission/workload_images.ts';

const FOLDER = join(ROOT, 'docs/kubernetes');
const FILES = (await readdir(FOLDER)).filter((name) => name.endsWith('.yaml'));

// biome-ignore lint/suspicious/noExplicitAny: documents of many kinds, read by the test that knows its own
type Document = any;

const textOf = (file: string) => readFile(join(FOLDER, file), 'utf8');
const documentsIn = async (file: string): Promise<Document[]> => loadAll(await textOf(file));

async function documentOf(file: string, kind: string): Promise<Document> {
  const found = (await documentsIn(file)).filter((document) => document.kind === kind);
  expect(found, `${kind} in ${file}`).toHaveLength(1);
  return found[0];
}

/** The single webhook of each configuration. */
async function webhooksOf(file: string): Promise<{ pin: Document; verify: Document }> {
  const [pin, ...pins] = (await documentOf(file, 'MutatingWebhookConfiguration')).webhooks;
  const [verify, ...verifies] = (await documentOf(file, 'ValidatingWebhookConfiguration')).webhooks;
  expect([pins, verifies]).toEqual([[], []]);
  return { pin, verify };
}

/** The resources of all rules as `group/resource`. */
function resourcesOf({ rules }: Document): string[] {
  return rules.flatMap(({ apiGroups, resources }: Document) =>
    apiGroups.flatMap((group: string) => resources.map((resource: string) => `${group}/${resource}`)),
  );
}

async function forwarder() {
  const { spec } = await documentOf('forwarder.yaml', 'Deployment');
  const [container] = spec.template.spec.containers;
  const configuration: string = (await documentOf('forwarder.yaml', 'ConfigMap')).data['nginx.conf.template'];
  const variables = new Map<string, Document>(container.env.map((one: Document) => [one.name, one]));
  return { spec, container, configuration, variables };
}

test.each(FILES)('%s begins with a comment, and every document in it has a kind and a name', async (file) => {
  expect(await textOf(file)).toMatch(/^# \S/);
  for (const document of await documentsIn(file)) {
    expect(document.apiVersion).toEqual(expect.any(String));
    expect(document.kind).toEqual(expect.any(String));
    expect(document.metadata.name).toEqual(expect.any(String));
  }
});

test('the README mentions every file, and no file that does not exist', async () => {
  const readme = await textOf('README.md');
  const linked = [...readme.matchAll(/\]\(([a-z-]+\.yaml)\)/g)].map(([, file]) => file);
  expect(linked.sort()).toEqual([...FILES].sort());
});

describe.each(['webhook.yaml', 'webhook-open.yaml'])('%s', (file) => {
  test('sends every kind that runs images to the service, on CREATE and UPDATE', async () => {
    const { verify } = await webhooksOf(file);
    expect(resourcesOf(verify).sort()).toEqual([
      '/pods',
      '/pods/ephemeralcontainers',
      '/podtemplates',
      '/replicationcontrollers',
      'apps/daemonsets',
      'apps/deployments',
      'apps/replicasets',
      'apps/statefulsets',
      'batch/cronjobs',
      'batch/jobs',
    ]);
    for (const rule of verify.rules) {
      expect(rule.operations).toEqual(['CREATE', 'UPDATE']);
      expect(rule.apiVersions).toEqual(['v1']);
    }
  });

  test('pins the same kinds except ReplicaSets, whose template must equal their Deployment’s', async () => {
    const { pin, verify } = await webhooksOf(file);
    expect(resourcesOf(pin)).toEqual(resourcesOf(verify).filter((name) => name !== 'apps/replicasets'));
    for (const rule of pin.rules) expect(rule.operations).toEqual(['CREATE', 'UPDATE']);
    expect(pin.reinvocationPolicy).toBe('IfNeeded');
    expect(pin.namespaceSelector).toEqual(verify.namespaceSelector);
  });

  test('denies if the service does not answer', async () => {
    const { pin, verify } = await webhooksOf(file);
    for (const webhook of [pin, verify]) {
      expect(webhook).toMatchObject({
        admissionReviewVersions: ['v1'],
        failurePolicy: 'Fail',
        matchPolicy: 'Equivalent',
        sideEffects: 'None',
        timeoutSeconds: 10,
      });
      expect(webhook).not.toHaveProperty('objectSelector');
      expect(webhook).not.toHaveProperty('matchConditions');
    }
  });

  test('exempts only kube-system, and countersign if it exists, by the label that Kubernetes sets', async () => {
    const { verify } = await webhooksOf(file);
    const values = file === 'webhook.yaml' ? ['kube-system', 'countersign'] : ['kube-system'];
    expect(verify.namespaceSelector).toEqual({
      matchExpressions: [{ key: 'kubernetes.io/metadata.name', operator: 'NotIn', values }],
    });
  });
});

test('with and without a forwarder, the rules and paths are the same', async () => {
  const inside = await webhooksOf('webhook.yaml');
  const open = await webhooksOf('webhook-open.yaml');
  for (const name of ['verify', 'pin'] as const) {
    const path = name === 'pin' ? '/v1/admission/default/mutate' : '/v1/admission/default';
    const { service } = inside[name].clientConfig;
    expect(service).toEqual({ namespace: 'countersign', name: 'countersign-forwarder', port: 443, path });
    expect(open[name].clientConfig).toEqual({ url: `https://countersign.example${path}` });
    expect(open[name].rules).toEqual(inside[name].rules);
  }
});

test('the certificate is for the Service that the webhooks call, and its authority is the one they trust', async () => {
  const { metadata: service } = await documentOf('forwarder.yaml', 'Service');
  const host = `${service.name}.${service.namespace}.svc`;
  const certificates = (await documentsIn('certificates.yaml')).filter(({ kind }) => kind === 'Certificate');
  const served = certificates.find(({ spec }) => spec.secretName === 'countersign-forwarder-tls');
  expect(served.spec.dnsNames).toContain(host);
  expect(new URL((await documentOf('gatekeeper.yaml', 'Provider')).spec.url).hostname).toBe(host);
  for (const { metadata } of await documentsIn('webhook.yaml'))
    expect(metadata.annotations).toEqual({
      'cert-manager.io/inject-ca-from': `${served.metadata.namespace}/${served.metadata.name}`,
    });
});

test('every URL is https without credentials, and only that of Gatekeeper’s provider has a query', async () => {
  for (const file of FILES) {
    for (const [address] of (await textOf(file)).matchAll(/https?:\/\/[^\s"';]+/g)) {
      if (address.includes('$')) continue;
      const url = new URL(address);
      expect([url.protocol, url.username, url.password, url.hash], address).toEqual(['https:', '', '', '']);
      expect(url.search, address).toBe(file === 'gatekeeper.yaml' ? '?timeout=2s' : '');
    }
  }
});

test('the token is a placeholder, and reaches nginx only through the environment', async () => {
  const secret = await documentOf('forwarder.yaml', 'Secret');
  expect(secret.stringData).toEqual({ token: 'REPLACE_WITH_A_TOKEN' });
  expect(secret.data).toBeUndefined();
  for (const file of FILES) expect(await textOf(file)).not.toMatch(/cs_[a-z0-9]|PRIVATE KEY/);

  const { configuration, variables } = await forwarder();
  const sent = [...configuration.matchAll(/Authorization\s+(.*);/g)].map(([, value]) => value);
  expect(sent).toEqual(['"Bearer $' + '{COUNTERSIGN_TOKEN}"']);
  expect(variables.get('COUNTERSIGN_TOKEN')).toEqual({
    name: 'COUNTERSIGN_TOKEN',
    valueFrom: { secretKeyRef: { name: secret.metadata.name, key: 'token' } },
  });
});

test('every variable in the nginx template is set, and none of nginx’s own variables is replaced', async () => {
  const { configuration, variables } = await forwarder();
  const filter = new RegExp(variables.get('NGINX_ENVSUBST_FILTER').value);
  // The image sets this variable itself if NGINX_ENTRYPOINT_LOCAL_RESOLVERS is set.
  const given = new Set([...variables.keys(), 'NGINX_LOCAL_RESOLVERS']);
  expect(variables.has('NGINX_ENTRYPOINT_LOCAL_RESOLVERS')).toBe(true);
  const open = [...configuration.matchAll(/\$\{([A-Z_]+)\}/g)].map(([, name = '']) => name);
  expect(new Set(open)).toEqual(new Set([...given].filter((name) => filter.test(name))));
  for (const [, name = ''] of configuration.matchAll(/\$\{?([a-z_]+)/g)) expect(name).not.toMatch(filter);
});

test('nginx verifies the service’s certificate, logs neither bodies nor headers, and waits as long as the API server', async () => {
  const { configuration } = await forwarder();
  expect(configuration).toContain('proxy_ssl_verify on;');
  expect(configuration).toContain('client_max_body_size 7m;');
  expect(configuration).toContain('proxy_read_timeout 10s;');
  expect(configuration).not.toMatch(/\$(request_body|http_\w+|request|args|query_string)\b/);
});

test('the forwarder has two replicas without privileges, of which one always stays', async () => {
  const { spec, container } = await forwarder();
  expect(spec.replicas).toBe(2);
  const budget = await documentOf('forwarder.yaml', 'PodDisruptionBudget');
  expect(budget.spec).toEqual({ minAvailable: 1, selector: spec.selector });
  expect(spec.template.spec).toMatchObject({
    automountServiceAccountToken: false,
    securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
  });
  expect(container.securityContext).toEqual({
    allowPrivilegeEscalation: false,
    readOnlyRootFilesystem: true,
    capabilities: { drop: ['ALL'] },
  });
  expect(Object.keys(container.resources.limits)).toEqual(['cpu', 'memory']);
  for (const probe of [container.readinessProbe, container.livenessProbe])
    expect(probe.httpGet).toEqual({ path: '/healthz', port: 'health' });
  const { labels } = (await documentOf('forwarder.yaml', 'Namespace')).metadata;
  expect(labels).toEqual({ 'pod-security.kubernetes.io/enforce': 'restricted' });
});

test('the forwarder’s image names its registry and a full version', async () => {
  const places = imagesOf(await documentOf('forwarder.yaml', 'Deployment'));
  expect(places.map(({ image }) => image)).toEqual([
    expect.stringMatching(/^docker\.io\/[a-z0-9/-]+:\d+\.\d+\.\d+-[a-z]+$/),
  ]);
});

test('Gatekeeper checks the same kinds, with a timeout below its webhook’s', async () => {
  const provider = await documentOf('gatekeeper.yaml', 'Provider');
  expect(provider.apiVersion).toBe('externaldata.gatekeeper.sh/v1beta1');
  expect(provider.spec).toMatchObject({ timeout: 2, caBundle: 'CA_BUNDLE' });
  expect(new URL(provider.spec.url).pathname).toBe('/v1/gatekeeper/default');

  const template = await documentOf('gatekeeper.yaml', 'ConstraintTemplate');
  const { kind } = template.spec.crd.spec.names;
  expect(template.metadata.name).toBe(kind.toLowerCase());
  const [{ rego }] = template.spec.targets;
  expect(rego).toContain(`package ${template.metadata.name}\n`);
  expect(rego).toContain(`"provider": "${provider.metadata.name}"`);

  const constraint = await documentOf('gatekeeper.yaml', kind);
  expect(constraint.spec.enforcementAction).toBe('deny');
  const kinds = constraint.spec.match.kinds.flatMap(({ apiGroups, kinds }: Document) =>
    kinds.map((name: string) => `${apiGroups}/${name.toLowerCase()}s`),
  );
  const { verify } = await webhooksOf('webhook.yaml');
  expect(kinds.sort()).toEqual(
    resourcesOf(verify)
      .filter((name) => name !== '/pods/ephemeralcontainers')
      .sort(),
  );
});
