// ABUSE section 6: Kubernetes admission.
import { type AbuseCase, edit, without } from '../abuse_case.ts';

export const admission: AbuseCase[] = [
  {
    id: 'A91',
    failure: 'Containers that are added to a running pod for debugging were not looked at.',
    answer: 'ephemeral containers are containers, and their subresource is judged like the pod',
    beside: 'That the manifests in docs/kubernetes list the subresource is seen by test/scripts.',
    removals: [
      without(
        'ephemeral containers',
        edit(
          'admission/pod_spec.ts',
          "['initContainers', 'containers', 'ephemeralContainers']",
          "['initContainers', 'containers']",
        ),
      ),
      without(
        'their subresource',
        edit('admission/review.ts', "  'status',\n", "  'status',\n  'ephemeralcontainers',\n"),
      ),
    ],
  },
  {
    id: 'A92',
    failure: 'Images in other places than plain containers of a pod were not looked at.',
    answer:
      'every sort of container, image volumes, templates of every kind, unknown kinds; nothing found is a denial, and the id of an image is no name',
    removals: [
      without(
        'init containers and sidecars',
        edit(
          'admission/pod_spec.ts',
          "['initContainers', 'containers', 'ephemeralContainers']",
          "['containers', 'ephemeralContainers']",
        ),
      ),
      without(
        'image volumes',
        edit('admission/pod_spec.ts', 'if (source === undefined) continue;', 'continue;'),
      ),
      without(
        'the template of templates',
        edit(
          'admission/workload_images.ts',
          "['batch/CronJob', ['spec', 'jobTemplate', ...TEMPLATE]]",
          "['batch/CronJob', TEMPLATE]",
        ),
      ),
      without(
        'kinds that are not known',
        edit('admission/workload_images.ts', '  else searchAnywhere(object, at, search);\n', ''),
      ),
      without(
        'images that stand alone in kinds that are not known',
        edit('admission/unknown_kind.ts', 'if (!isText) searchText(name, item, at, search);', ''),
      ),
      without(
        'the refusal of ids in the place of names',
        edit(
          'core/reference.ts',
          "if (IDENTIFIER.test(text)) fail('is an image id, not a name; write name@sha256:…');",
          '',
        ),
      ),
      without(
        'the denial where nothing is found',
        edit('admission/workload_images.ts', "if (places.length === 0) refuse('', 'names no image');", ''),
      ),
      without(
        'the denial of a workload that kubectl takes for a list',
        edit('admission/workload_images.ts', "if (Object.hasOwn(workload, 'items'))", 'if (false)'),
      ),
      without(
        'the denial of a workload without containers',
        edit('admission/pod_spec.ts', "if (listIn(spec, 'containers', at).length === 0)", 'if (false)'),
      ),
    ],
  },
  {
    id: 'A93',
    failure: 'An annotation that says "verified already" was believed, whoever had put it there.',
    answer: 'nothing that an object says of itself is read',
    removals: [
      without(
        'the blindness to annotations',
        edit(
          'admission/review.ts',
          "return changedImages(object, operation === 'UPDATE' ? oldObject : undefined);",
          "if ((object as any).metadata?.annotations?.['countersign/verified'] === 'true') return [];\n  return changedImages(object, operation === 'UPDATE' ? oldObject : undefined);",
        ),
      ),
    ],
  },
  {
    id: 'A94',
    failure: 'An update could bring another image, because of the state that the object was in.',
    answer: 'what an update brings is judged, place by place, against the old object, whatever else it does',
    removals: [
      without(
        'the blindness to a deletion under way',
        edit(
          'admission/review.ts',
          "return changedImages(object, operation === 'UPDATE' ? oldObject : undefined);",
          "if ((object as any).metadata?.deletionTimestamp !== undefined) return [];\n  return changedImages(object, operation === 'UPDATE' ? oldObject : undefined);",
        ),
      ),
      without(
        'the old object: what was there before is judged again',
        edit('admission/review.ts', "operation === 'UPDATE' ? oldObject : undefined", 'undefined'),
      ),
      without(
        'the places: an image that stood anywhere may now stand everywhere',
        edit(
          'admission/workload_images.ts',
          'now.get(slot) !== image || then.get(slot) !== image',
          '![...then.values()].includes(image)',
        ),
      ),
      without(
        'the doubt about names that stand twice',
        edit('admission/workload_images.ts', 'for (const slot of ambiguous) images.delete(slot);', ''),
      ),
    ],
  },
  {
    id: 'A95',
    failure: 'Whoever deploys could take an object out of the policy by a label or by its namespace.',
    answer: 'only the policy exempts: labels and namespaces in the request decide nothing',
    removals: [
      without(
        'the blindness to labels',
        edit(
          'admission/review.ts',
          "return changedImages(object, operation === 'UPDATE' ? oldObject : undefined);",
          "if ((object as any).metadata?.labels?.['countersign/exempt'] === 'true') return [];\n  return changedImages(object, operation === 'UPDATE' ? oldObject : undefined);",
        ),
      ),
      without(
        'the blindness to namespaces',
        edit(
          'admission/review.ts',
          "return changedImages(object, operation === 'UPDATE' ? oldObject : undefined);",
          "if ((object as any).metadata?.namespace === 'kube-system') return [];\n  return changedImages(object, operation === 'UPDATE' ? oldObject : undefined);",
        ),
      ),
    ],
  },
  {
    id: 'A96',
    failure: 'The digest was put into another container than was judged, or was another than was verified.',
    answer: 'one resolution a review; patches by the place, with the digest of the verdict, once',
    removals: [
      without(
        'the place: an image that is named twice is patched where it stands first',
        edit(
          'http/routes/admission.ts',
          'patch: judged.flatMap(pin)',
          'patch: judged.map((one) => judged.find(({ place }) => place.image === one.place.image) ?? one).flatMap(pin)',
        ),
      ),
      without('the one resolution', edit('verify/session.ts', 'known.set(name, made);', '')),
      without(
        'the digest of the verdict',
        edit(
          'http/routes/admission.ts',
          '`${image}@${outcome.subject?.digest}`',
          '`${image}@${outcome.signatures[0]?.signer?.trusted.key.fingerprint}`',
        ),
      ),
      without(
        'the look for a digest that is there already',
        edit('http/routes/admission.ts', " || image.includes('@')", ''),
      ),
    ],
  },
  {
    id: 'A97',
    failure: 'Of many images some were not judged, for want of time or calls, and the object was let in.',
    answer: 'every image has an outcome, any that is not good denies, and the answer comes in time',
    removals: [
      without(
        'every image: one that is good lets all in',
        edit(
          'http/routes/admission.ts',
          'const stopped = judged.filter(({ outcome }) => !passes(outcome));',
          'const stopped = judged.some(({ outcome }) => passes(outcome)) ? [] : judged;',
        ),
      ),
      without(
        'the denial of what is undecided',
        edit(
          'http/routes/admission.ts',
          'return isReport(outcome) && mayPass(outcome);',
          "return outcomeVerdict(outcome) === 'undecided' || mayPass(outcome as never);",
        ),
      ),
      without(
        'the answer in time',
        edit(
          'http/session.ts',
          "startDeadline(context.get('timeLeft')()",
          "startDeadline(Math.max(60_000, context.get('timeLeft')())",
        ),
      ),
      without(
        'the turns: images begin though there are not enough calls left for a whole one',
        edit(
          'verify/verify_many.ts',
          'if (many.questions.length > 1) session.turns = createTurns(() => session.egress.callsLeft());',
          '',
        ),
      ),
      without(
        'the turn that lasts until the image is decided',
        edit(
          'verify/verify.ts',
          'const { places, looks } = await gathering;',
          'const { places, looks } = await gathering.finally(() => turn.end());',
        ),
      ),
    ],
  },
  {
    id: 'A98',
    failure: 'By the name of an image the verifier could be made to call hosts inside the network.',
    answer:
      '`REGISTRY_NOT_ALLOWED`, `HOST_NOT_ALLOWED`: lists, no private address, no credential of a caller',
    removals: [
      without(
        'the refusal of private addresses',
        edit(
          'egress/policy.ts',
          'return url !== null && !isInternalHost(url.hostname);',
          'return url !== null;',
        ),
      ),
      without(
        'the list of registries',
        edit('egress/policy.ts', 'if (!policy.anyPublicRegistry) return false;', ''),
      ),
      without(
        'the list of download hosts',
        edit('gate/remote_file.ts', 'if (downloadHosts.has(url.host)) return url.href;', 'return url.href;'),
      ),
      without(
        'the list for each hop of a download',
        edit('egress/policy.ts', 'if (!hosts.has(url.host)) return', 'if (false) return'),
      ),
    ],
  },
  {
    id: 'A99',
    failure:
      'A review of another version or form, or one that can be read in two ways, was answered with yes.',
    answer: '`BAD_REQUEST`: strict JSON, version, uid, operation, size, token; a dry run is judged alike',
    removals: [
      without('the version', edit('admission/review.ts', 'review.apiVersion !== API_VERSION || ', '')),
      without('the uid', edit('admission/review.ts', "uid === '' || uid.length > MAX_UID", 'false')),
      without(
        'the closed list of operations',
        edit(
          'admission/review.ts',
          'OPERATIONS.find((one) => one === request.operation)',
          "OPERATIONS.find((one) => one === request.operation) ?? 'CREATE'",
        ),
      ),
      without(
        'the refusal of names that stand twice',
        edit(
          'core/encoding/json_reader.ts',
          'if (Object.hasOwn(object, name)) this.#fail',
          'if (false) this.#fail',
        ),
      ),
      without(
        'the size of a review',
        edit(
          'http/routes/admission.ts',
          'const MAX_REVIEW_BYTES = 7 * 1024 * 1024;',
          'const MAX_REVIEW_BYTES = 70 * 1024 * 1024;',
        ),
      ),
      without(
        'the token',
        edit('http/routes/admission.ts', 'app.post(path, guard, query', 'app.post(path, query'),
      ),
      without(
        'the mark of a dry run',
        edit('admission/review.ts', 'isDryRun: dryRun === true', 'isDryRun: false'),
      ),
    ],
  },
];
