// Published failures of Kubernetes admission controllers.
import { type AbuseCase, edit, without } from '../abuse_case.ts';
import { IMAGE_FOR_ALL_PLACES } from '../shared_edits.ts';

export const admission: AbuseCase[] = [
  {
    id: 'A91',
    failure: 'Containers that are added to a running pod for debugging were not checked.',
    answer: 'ephemeral containers are judged like other containers, and their subresource like the pod',
    beside: 'A test in test/scripts checks that the manifests in docs/kubernetes list the subresource.',
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
    failure: 'Images outside the plain containers of a pod were not checked.',
    answer:
      'all kinds of container, image volumes, templates and unknown kinds are searched; an object in which nothing is found is denied; an image id is not a name',
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
        'templates within templates',
        edit(
          'admission/workload_images.ts',
          "['batch/CronJob', ['spec', 'jobTemplate', ...TEMPLATE]]",
          "['batch/CronJob', TEMPLATE]",
        ),
      ),
      without(
        'unknown kinds',
        edit('admission/workload_images.ts', '  else searchAnywhere(object, at, search);\n', ''),
      ),
      without(
        'single image fields in unknown kinds',
        edit('admission/unknown_kind.ts', 'if (!isText) searchText(name, item, at, search);', ''),
      ),
      without(
        'the refusal of image ids in place of names',
        edit(
          'core/reference.ts',
          "if (IDENTIFIER.test(text)) fail('is an image id, not a name; write name@sha256:…');",
          '',
        ),
      ),
      without(
        'the denial when nothing is found',
        edit('admission/workload_images.ts', "if (places.length === 0) refuse('', 'names no image');", ''),
      ),
      without(
        'the denial of a workload that kubectl reads as a list',
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
    failure: 'An annotation saying "verified already" was believed, whoever had set it.',
    answer: 'nothing that an object states about itself is read',
    removals: [
      without(
        'ignoring annotations',
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
    failure: 'An update could bring in another image because of the state that the object was in.',
    answer:
      'the images that an update brings are judged, place by place against the old object, whatever else it does',
    removals: [
      without(
        'ignoring a deletion under way',
        edit(
          'admission/review.ts',
          "return changedImages(object, operation === 'UPDATE' ? oldObject : undefined);",
          "if ((object as any).metadata?.deletionTimestamp !== undefined) return [];\n  return changedImages(object, operation === 'UPDATE' ? oldObject : undefined);",
        ),
      ),
      without(
        'reading the old object (all images are judged again)',
        edit('admission/review.ts', "operation === 'UPDATE' ? oldObject : undefined", 'undefined'),
      ),
      without(
        'comparing place by place (an image that was anywhere may now be everywhere)',
        edit(
          'admission/workload_images.ts',
          'now.get(slot) !== image || then.get(slot) !== image',
          '![...then.values()].includes(image)',
        ),
      ),
      without(
        'the doubt about duplicate names',
        edit('admission/workload_images.ts', 'for (const slot of ambiguous) images.delete(slot);', ''),
      ),
    ],
  },
  {
    id: 'A95',
    failure: 'Whoever deploys could exempt an object from the policy by a label or by its namespace.',
    answer: 'only the policy exempts: labels and namespaces in the request decide nothing',
    removals: [
      without(
        'ignoring labels',
        edit(
          'admission/review.ts',
          "return changedImages(object, operation === 'UPDATE' ? oldObject : undefined);",
          "if ((object as any).metadata?.labels?.['countersign/exempt'] === 'true') return [];\n  return changedImages(object, operation === 'UPDATE' ? oldObject : undefined);",
        ),
      ),
      without(
        'ignoring namespaces',
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
    failure:
      'The digest was written into another container than the judged one, or was not the verified one.',
    answer:
      'a tag is resolved once per review; each judged place is patched once, with the digest of the verdict',
    removals: [
      without(
        'patching by place (a repeated image is patched where it occurs first)',
        edit(
          'http/routes/admission.ts',
          'patch: judged.flatMap(pin)',
          'patch: judged.map((one) => judged.find(({ place }) => place.image === one.place.image) ?? one).flatMap(pin)',
        ),
      ),
      without(
        'the single resolution',
        edit('verify/session.ts', 'known.set(name, made);', ''),
        ...IMAGE_FOR_ALL_PLACES,
      ),
      without(
        'the digest of the verdict',
        edit(
          'http/routes/judge_images.ts',
          '`${image}@${outcome.subject?.digest}`',
          '`${image}@${outcome.signatures[0]?.signer?.trusted.key.fingerprint}`',
        ),
      ),
      without(
        'checking whether a digest is there already',
        edit('http/routes/judge_images.ts', " || image.includes('@')", ''),
      ),
    ],
  },
  {
    id: 'A97',
    failure: 'Some of many images were not judged, for lack of time or calls, and the object was admitted.',
    answer: 'every image has an outcome, any that is not good denies, and the answer comes in time',
    removals: [
      without(
        'judging every image (one that is good admits all)',
        edit(
          'http/routes/admission.ts',
          'const stopped = judged.filter(({ outcome }) => !passes(outcome));',
          'const stopped = judged.some(({ outcome }) => passes(outcome)) ? [] : judged;',
        ),
      ),
      without(
        'the denial of what is undecided',
        edit(
          'http/answer/outcome.ts',
          'return isReport(outcome) && mayPass(outcome);',
          "return outcomeVerdict(outcome) === 'undecided' || mayPass(outcome as never);",
        ),
      ),
      without(
        'the answer in time',
        edit(
          'http/with_session.ts',
          "startDeadline(context.get('timeLeft')()",
          "startDeadline(Math.max(60_000, context.get('timeLeft')())",
        ),
      ),
      without(
        'the turns (images begin although too few calls are left to finish one)',
        edit(
          'verify/verify_many.ts',
          'if (many.questions.length > 1) session.queue = createCallQueue(session.egress.callsLeft, session.timeAt);',
          '',
        ),
      ),
      without(
        'the turn that lasts until the image is decided',
        edit(
          'verify/verify.ts',
          'wanted, progress, turn, callsIfKnown);',
          'wanted, progress, turn, callsIfKnown).finally(() => turn.end());',
        ),
      ),
    ],
  },
  {
    id: 'A98',
    failure: 'An image name made the verifier call hosts inside the network.',
    answer:
      '`REGISTRY_NOT_ALLOWED`, `HOST_NOT_ALLOWED`: allow lists, no private address, no credential of a caller',
    removals: [
      without(
        'the refusal of private addresses',
        edit(
          'egress/egress_policy.ts',
          'return url !== null && !isInternalHost(url.hostname);',
          'return url !== null;',
        ),
      ),
      without(
        'the list of registries',
        edit('egress/egress_policy.ts', 'if (!policy.anyPublicRegistry) return false;', ''),
      ),
      without(
        'the list of download hosts',
        edit('gate/remote_file.ts', 'if (downloadHosts.has(url.host)) return url.href;', 'return url.href;'),
      ),
      without(
        'the list for each hop of a download',
        edit('egress/egress_policy.ts', 'if (!hosts.has(url.host)) return', 'if (false) return'),
      ),
      without(
        'the refusal of the service’s own calls',
        edit('http/access/authenticate.ts', "context.req.header('User-Agent') === USER_AGENT", 'false'),
      ),
    ],
  },
  {
    id: 'A99',
    failure: 'A review of another version or form, or one that parsers read differently, was allowed.',
    answer:
      '`BAD_REQUEST`: strict JSON; version, uid, operation, size and token are checked; a dry run is judged the same',
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
        'the refusal of duplicate names',
        edit(
          'core/encoding/json_reader.ts',
          'if (Object.hasOwn(object, name)) this.#fail',
          'if (false) this.#fail',
        ),
      ),
      without(
        'the size limit of a review',
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
