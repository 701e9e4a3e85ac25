// ABUSE section 6: Kubernetes admission.
import type { AbuseCase } from '../abuse_case.ts';

export const admission: AbuseCase[] = [
  {
    id: 'A91',
    failure: 'Containers that are added to a running pod for debugging were not looked at.',
    answer: 'ephemeral containers are containers, and their subresource is judged like the pod',
    removals: [
      {
        without: 'ephemeral containers',
        edits: [
          {
            file: 'admission/pod_spec.ts',
            find: "['initContainers', 'containers', 'ephemeralContainers']",
            replace: "['initContainers', 'containers']",
          },
        ],
      },
      {
        without: 'their subresource',
        edits: [
          {
            file: 'admission/review.ts',
            find: "  'status',\n",
            replace: "  'status',\n  'ephemeralcontainers',\n",
          },
        ],
      },
    ],
    beside: 'That the manifests in docs/kubernetes list the subresource is seen by test/scripts.',
  },
  {
    id: 'A92',
    failure: 'Images in other places than plain containers of a pod were not looked at.',
    answer:
      'every sort of container, image volumes, templates of every kind, unknown kinds; nothing found is a denial',
    removals: [
      {
        without: 'init containers and sidecars',
        edits: [
          {
            file: 'admission/pod_spec.ts',
            find: "['initContainers', 'containers', 'ephemeralContainers']",
            replace: "['containers', 'ephemeralContainers']",
          },
        ],
      },
      {
        without: 'image volumes',
        edits: [
          {
            file: 'admission/pod_spec.ts',
            find: 'if (source === undefined) continue;',
            replace: 'continue;',
          },
        ],
      },
      {
        without: 'the template of templates',
        edits: [
          {
            file: 'admission/workload_images.ts',
            find: "['batch/CronJob', ['spec', 'jobTemplate', ...TEMPLATE]]",
            replace: "['batch/CronJob', TEMPLATE]",
          },
        ],
      },
      {
        without: 'kinds that are not known',
        edits: [
          {
            file: 'admission/workload_images.ts',
            find: '  else searchAnywhere(object, at, search);\n',
            replace: '',
          },
        ],
      },
      {
        without: 'the denial where nothing is found',
        edits: [
          {
            file: 'admission/workload_images.ts',
            find: "if (places.length === 0) refuse('', 'nothing in it names an image');",
            replace: '',
          },
        ],
      },
      {
        without: 'the denial of a workload without containers',
        edits: [
          {
            file: 'admission/pod_spec.ts',
            find: "if (listIn(spec, 'containers', at).length === 0)",
            replace: 'if (false)',
          },
        ],
      },
    ],
  },
  {
    id: 'A93',
    failure: 'An annotation that says "verified already" was believed, whoever had put it there.',
    answer: 'nothing that an object says of itself is read',
    removals: [
      {
        without: 'the blindness to annotations',
        edits: [
          {
            file: 'admission/review.ts',
            find: "return changedImages(object, operation === 'UPDATE' ? oldObject : undefined);",
            replace:
              "if ((object as any).metadata?.annotations?.['countersign/verified'] === 'true') return [];\n  return changedImages(object, operation === 'UPDATE' ? oldObject : undefined);",
          },
        ],
      },
    ],
  },
  {
    id: 'A94',
    failure: 'An update could bring another image, because of the state that the object was in.',
    answer: 'what an update brings is judged, place by place, against the old object, whatever else it does',
    removals: [
      {
        without: 'the blindness to a deletion under way',
        edits: [
          {
            file: 'admission/review.ts',
            find: "return changedImages(object, operation === 'UPDATE' ? oldObject : undefined);",
            replace:
              "if ((object as any).metadata?.deletionTimestamp !== undefined) return [];\n  return changedImages(object, operation === 'UPDATE' ? oldObject : undefined);",
          },
        ],
      },
      {
        without: 'the old object: what was there before is judged again',
        edits: [
          {
            file: 'admission/review.ts',
            find: "operation === 'UPDATE' ? oldObject : undefined",
            replace: 'undefined',
          },
        ],
      },
      {
        without: 'the places: an image that stood anywhere may now stand everywhere',
        edits: [
          {
            file: 'admission/workload_images.ts',
            find: 'now.get(slot) !== image || then.get(slot) !== image',
            replace: '![...then.values()].includes(image)',
          },
        ],
      },
      {
        without: 'the doubt about names that stand twice',
        edits: [
          {
            file: 'admission/workload_images.ts',
            find: 'for (const slot of ambiguous) images.delete(slot);',
            replace: '',
          },
        ],
      },
    ],
  },
  {
    id: 'A95',
    failure: 'Whoever deploys could take an object out of the policy by a label or by its namespace.',
    answer: 'only the policy exempts: labels and namespaces in the request decide nothing',
    removals: [
      {
        without: 'the blindness to labels',
        edits: [
          {
            file: 'admission/review.ts',
            find: "return changedImages(object, operation === 'UPDATE' ? oldObject : undefined);",
            replace:
              "if ((object as any).metadata?.labels?.['countersign/exempt'] === 'true') return [];\n  return changedImages(object, operation === 'UPDATE' ? oldObject : undefined);",
          },
        ],
      },
      {
        without: 'the blindness to namespaces',
        edits: [
          {
            file: 'admission/review.ts',
            find: "return changedImages(object, operation === 'UPDATE' ? oldObject : undefined);",
            replace:
              "if ((object as any).metadata?.namespace === 'kube-system') return [];\n  return changedImages(object, operation === 'UPDATE' ? oldObject : undefined);",
          },
        ],
      },
    ],
  },
  {
    id: 'A96',
    failure: 'The digest was put into another container than was judged, or was another than was verified.',
    answer: 'one resolution a review; patches by the place, with the digest of the verdict, once',
    removals: [
      {
        without: 'the place: an image that is named twice is patched where it stands first',
        edits: [
          {
            file: 'http/routes_admission.ts',
            find: 'patch: judged.flatMap(pin)',
            replace:
              'patch: judged.map((one) => judged.find(({ place }) => place.image === one.place.image) ?? one).flatMap(pin)',
          },
        ],
      },
      {
        without: 'the one resolution',
        edits: [{ file: 'verify/service.ts', find: 'flights.set(name, made);', replace: '' }],
      },
      {
        without: 'the digest of the verdict',
        edits: [
          {
            file: 'http/routes_admission.ts',
            find: '`${image}@${outcome.subject?.digest}`',
            replace: '`${image}@${outcome.signatures[0]?.signer?.trusted.key.fingerprint}`',
          },
        ],
      },
      {
        without: 'the look for a digest that is there already',
        edits: [{ file: 'http/routes_admission.ts', find: " || image.includes('@')", replace: '' }],
      },
    ],
  },
  {
    id: 'A97',
    failure: 'Of many images some were not judged, for want of time or calls, and the object was let in.',
    answer: 'every image has an outcome, any that is not good denies, and the answer comes in time',
    removals: [
      {
        without: 'every image: one that is good lets all in',
        edits: [
          {
            file: 'http/routes_admission.ts',
            find: 'const stopped = judged.filter(({ outcome }) => !passes(outcome));',
            replace: 'const stopped = judged.some(({ outcome }) => passes(outcome)) ? [] : judged;',
          },
        ],
      },
      {
        without: 'the denial of what is undecided',
        edits: [
          {
            file: 'http/routes_admission.ts',
            find: 'return isReport(outcome) && mayPass(outcome);',
            replace: "return outcomeVerdict(outcome) === 'undecided' || mayPass(outcome as never);",
          },
        ],
      },
      {
        without: 'the answer in time',
        edits: [
          {
            file: 'http/session.ts',
            find: 'Math.max(1, workingTime(verifier.settings.deadline, timeout) - spent)',
            replace: 'Math.max(60_000, workingTime(verifier.settings.deadline, timeout) - spent)',
          },
        ],
      },
      {
        without: 'the turns: images begin though there are not enough calls left for a whole one',
        edits: [
          {
            file: 'verify/verify_many.ts',
            find: 'if (many.questions.length > 1) session.turns = createTurns(() => session.egress.callsLeft());',
            replace: '',
          },
        ],
      },
    ],
  },
  {
    id: 'A98',
    failure: 'By the name of an image the verifier could be made to call hosts inside the network.',
    answer:
      '`REGISTRY_NOT_ALLOWED`, `HOST_NOT_ALLOWED`: lists, no private address, no credential of a caller',
    removals: [
      {
        without: 'the refusal of private addresses',
        edits: [
          {
            file: 'egress/policy.ts',
            find: 'return url !== null && !isInternalHost(url.hostname);',
            replace: 'return url !== null;',
          },
        ],
      },
      {
        without: 'the list of registries',
        edits: [
          { file: 'egress/policy.ts', find: 'if (!policy.anyPublicRegistry) return false;', replace: '' },
        ],
      },
      {
        without: 'the list of download hosts',
        edits: [
          {
            file: 'gate/remote_file.ts',
            find: 'if (downloadHosts.has(url.host)) return url.href;',
            replace: 'return url.href;',
          },
        ],
      },
      {
        without: 'the list for each hop of a download',
        edits: [
          {
            file: 'egress/policy.ts',
            find: 'if (!hosts.has(url.host)) return',
            replace: 'if (false) return',
          },
        ],
      },
    ],
  },
  {
    id: 'A99',
    failure:
      'A review of another version or form, or one that can be read in two ways, was answered with yes.',
    answer: '`BAD_REQUEST`: strict JSON, version, uid, operation, size, token; a dry run is judged alike',
    removals: [
      {
        without: 'the version',
        edits: [{ file: 'admission/review.ts', find: 'review.apiVersion !== API_VERSION || ', replace: '' }],
      },
      {
        without: 'the uid',
        edits: [
          {
            file: 'admission/review.ts',
            find: "uid === '' || uid.length > MAX_UID",
            replace: 'false',
          },
        ],
      },
      {
        without: 'the closed list of operations',
        edits: [
          {
            file: 'admission/review.ts',
            find: 'OPERATIONS.find((one) => one === request.operation)',
            replace: "OPERATIONS.find((one) => one === request.operation) ?? 'CREATE'",
          },
        ],
      },
      {
        without: 'the refusal of names that stand twice',
        edits: [
          {
            file: 'core/encoding/json.ts',
            find: 'if (Object.hasOwn(object, name)) this.#fail',
            replace: 'if (false) this.#fail',
          },
        ],
      },
      {
        without: 'the size of a review',
        edits: [
          {
            file: 'http/routes_admission.ts',
            find: 'const MAX_REVIEW_BYTES = 7 * 1024 * 1024;',
            replace: 'const MAX_REVIEW_BYTES = 70 * 1024 * 1024;',
          },
        ],
      },
      {
        without: 'the token',
        edits: [
          {
            file: 'http/routes_admission.ts',
            find: 'app.post(path, guard, query',
            replace: 'app.post(path, query',
          },
        ],
      },
      {
        without: 'the mark of a dry run',
        edits: [
          { file: 'admission/review.ts', find: 'isDryRun: dryRun === true', replace: 'isDryRun: false' },
        ],
      },
    ],
  },
];
