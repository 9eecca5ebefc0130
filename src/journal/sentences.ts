import type { UnreadableKind } from '../wire/unreadable.js';
import { beginOf, describeOther, OUTCOMES, TELLINGS, type Telling, UNREADABLE } from './english.js';
import type { Who } from './record.js';
import { partsOf, type Step, saidIn } from './step.js';

/** One plain sentence that tells what a step is in the protocol, as a teacher would. */
export function tell(step: Step): string {
  const telling = step.operation && TELLINGS[step.operation.row];
  const what = telling === undefined ? describeOther(step) : telling.deed(step, partsOf(step));
  return `${subject(step)} ${what}${means(step.who)}: ${outcome(step, telling)}${afterthought(step)}`;
}

/** The same of what was no request. */
export function tellUnreadable(kind: UnreadableKind, address: string): string {
  return `somebody at ${address} ${UNREADABLE[kind]}`;
}

/** The rows of what a docker before 1.7 asks by Go's own client, whose name is all that it says. */
const DOCKERS_OWN: ReadonlySet<string> = new Set([
  'ping',
  'pingHead',
  'pingWithoutVersion',
  'pingWithoutVersionHead',
  'logIn',
  'register',
  'updateUser',
  ...Object.keys(TELLINGS).filter((row) => /V2(?:Path)?$/.test(row)),
]);

function subject({ userAgent, operation }: Step): string {
  if (userAgent.startsWith('docker/')) return 'docker';
  // Its probes and logins carry the name of Go's own client before 1.7 (clients.md, Login).
  if (/^Go[ -]/.test(userAgent)) {
    return DOCKERS_OWN.has(operation?.row ?? '') ? 'docker' : 'a Go program';
  }
  if (userAgent.startsWith('containers/')) return 'podman';
  const [product = ''] = userAgent.split(/[/ ]/);
  return /^[\w.-]{1,30}$/.test(product) ? product : 'somebody';
}

function means(who: Who): string {
  if (who.by === 'token') return `, with its ${who.access} token`;
  return who.by === 'basic' ? `, as ${who.user}` : '';
}

/** How it ended: in words of the operation's own, in the answer's, or as the status means. */
function outcome(step: Step, telling: Telling | undefined): string {
  const { status, reply } = step;
  const own = telling?.ends?.[status]?.(step);
  if (own !== undefined) return own;
  const said = status >= 400 ? saidIn(reply) : '';
  if (said !== '') return `${beginOf(status)}: "${said}"`;
  return OUTCOMES[status] ?? `answered ${status}`;
}

/** What would else be taken for the protocol's own doing. */
function afterthought({ status, complete, fault }: Step): string {
  const gone = status !== 0 && !complete ? ', but the connection was gone before its end' : '';
  return fault === undefined ? gone : `${gone}; the fault "${fault}" acted on it`;
}
