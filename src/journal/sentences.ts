import type { UnreadableKind } from '../wire/unreadable.js';
import { beginOf, describeOther, OUTCOMES, TELLINGS, type Telling, UNREADABLE } from './english.js';
import type { Who } from './record.js';
import { partsOf, type Step, saidIn } from './step.js';

/** Tells steps in plain sentences; remembers which telling a route has, since it tells the same ones often. */
export class Narrator {
  readonly #tellings = new Map<string, Telling | undefined>();

  /** One plain sentence that tells what a step is in the protocol, as a teacher would. */
  tell(step: Step): string {
    const telling = this.#tellingOf(step);
    const what = telling === undefined ? describeOther(step) : telling.deed(step, partsOf(step));
    return `${subject(step)} ${what}${means(step.who)}: ${outcome(step, telling)}${afterthought(step)}`;
  }

  /** The same of what was no request. */
  tellUnreadable(kind: UnreadableKind, address: string): string {
    return `somebody at ${address} ${UNREADABLE[kind]}`;
  }

  #tellingOf({ method, route }: Step): Telling | undefined {
    if (route === undefined) return undefined;
    const key = `${method} ${route}`;
    if (!this.#tellings.has(key)) this.#tellings.set(key, findTelling(method, route));
    return this.#tellings.get(key);
  }
}

function findTelling(method: string, route: string): Telling | undefined {
  const isV2 = route.startsWith('/v2');
  // A v2 registry has no such methods to tell of: whatever they are, nobody is here.
  if (isV2) return TELLINGS[route === '/v2/' || route === '/v2{/}' ? 'GET /v2/' : 'GET /v2'];
  const pattern = route.replace('{/}', '');
  const fits = (key: string): boolean => {
    const [wanted = '', end = ''] = key.split(' ');
    return (wanted === method || (wanted === 'GET' && method === 'HEAD')) && pattern.endsWith(end);
  };
  const found = Object.entries(TELLINGS).filter(([key]) => fits(key));
  return found.sort(([a], [b]) => b.length - a.length)[0]?.[1];
}

function subject({ userAgent, route = '' }: Step): string {
  if (userAgent.startsWith('docker/')) return 'docker';
  // Its probes and logins carry the name of Go's own client before 1.7 (clients.md, Login).
  if (/^Go[ -]/.test(userAgent)) return isDockersWay(route) ? 'docker' : 'a Go program';
  if (userAgent.startsWith('containers/')) return 'podman';
  const [product = ''] = userAgent.split(/[/ ]/);
  return /^[\w.-]{1,30}$/.test(product) ? product : 'somebody';
}

function isDockersWay(route: string): boolean {
  return route.includes('_ping') || route.startsWith('/v1/users') || route.startsWith('/v2');
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
