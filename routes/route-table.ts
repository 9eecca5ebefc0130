import Router from '@koa/router';
import { LRUCache } from 'lru-cache';
import type { PathParams } from '../src/wire/context.js';
import type { RouteVoice } from '../src/wire/operation.js';
import { spelledOut } from '../src/wire/target.js';
import type { Route } from './route.js';

/** The route that a request is meant for, and what the parts of its path are. */
export interface FoundRoute {
  readonly route: Route;
  /** By name, unescaped. */
  readonly params: PathParams;
}

type Layer = Router['stack'][number];

/** A pattern that is ready to be held against paths, and the route it stands for. */
interface Entry {
  readonly layer: Layer;
  readonly route: Route;
  /** The number of parts that its paths have, or undefined if it can be any. */
  readonly depth: number | undefined;
}

/** How many paths are remembered of each method, and how long those may be. */
const MOST_REMEMBERED = 1000;
const LONGEST_REMEMBERED = 300;

/**
 * Finds the route of a request. The patterns are @koa/router's; they lie in drawers, by method and by area
 * of the API, so that a request is held against a few of them, and are asked and not run: to run a
 * router makes a chain of middleware for every request, which took longer than a whole `_ping`
 * takes a bare Koa app. A client asks for the same few paths over and over, so that it is remembered
 * where those lead.
 */
export class RouteTable {
  readonly #routes: readonly Route[];
  readonly #areas = new Map<string, Map<string, Entry[]>>();
  /** What was found before, by method and then by path. */
  readonly #found = new Map<string, LRUCache<string, FoundRoute>>();

  /** Of two routes that fit, the first one counts. A route for GET is one for HEAD too. */
  constructor(routes: readonly Route[]) {
    this.#routes = routes;
    const router = new Router({ strict: true, sensitive: true });
    for (const route of routes) {
      const layer = router.register(route.path, [route.method], () => undefined) as Layer;
      const entry = { layer, route, depth: depthOf(route) };
      for (const method of layer.methods) this.#drawer(areaOf(route.path), method).push(entry);
    }
  }

  /** The route for a method and a path. */
  find(method: string, path: string): FoundRoute | undefined {
    const known = this.#found.get(method)?.get(path);
    if (known !== undefined) return known;
    // A copy, since a part of a text keeps the whole of it, such as a long query.
    const own = Buffer.from(path, 'latin1').toString('latin1');
    const found = this.#search(method, own);
    if (found !== undefined) this.#remember(method, own, found);
    return found;
  }

  /** The methods that a path has, in alphabetical order. */
  methods(path: string): string[] {
    return [...new Set(this.#fitting(path).flatMap(({ layer }) => layer.methods))].sort();
  }

  /**
   * Who answers for a path that has no route, or none for the method: of an unknown path the one who has the
   * most of it, of several the first in the table.
   */
  voice(path: string): RouteVoice {
    const [fitting] = this.#fitting(path);
    return fitting?.route.voice ?? nearest(this.#routes, path)?.voice ?? 'index';
  }

  #fitting(asked: string): Entry[] {
    const path = spelledOut(asked);
    const drawers = [...(this.#areas.get(areaOf(path))?.values() ?? [])];
    return drawers.flat().filter(({ layer, route }) => layer.match(path) && isMeant(route, asked));
  }

  #search(method: string, asked: string): FoundRoute | undefined {
    const path = spelledOut(asked);
    const drawer = this.#areas.get(areaOf(path))?.get(method);
    const parts = partsOf(path);
    for (const { layer, route, depth = parts } of drawer ?? []) {
      const found = depth === parts ? layer.regexp.exec(path) : null;
      if (found === null || !isMeant(route, asked)) continue;
      // Given to every request for this path.
      return { route, params: Object.freeze(layer.params(path, found.slice(1))) };
    }
    return undefined;
  }

  #remember(method: string, path: string, found: FoundRoute): void {
    if (path.length > LONGEST_REMEMBERED) return;
    const paths =
      this.#found.get(method) ?? new LRUCache<string, FoundRoute>({ max: MOST_REMEMBERED });
    this.#found.set(method, paths);
    paths.set(path, found);
  }

  #drawer(area: string, method: string): Entry[] {
    const drawers = this.#areas.get(area) ?? new Map<string, Entry[]>();
    this.#areas.set(area, drawers);
    const drawer = drawers.get(method) ?? [];
    drawers.set(method, drawer);
    return drawer;
  }
}

/** The route whose pattern has the longest beginning in common with a path. */
function nearest(routes: readonly Route[], path: string): Route | undefined {
  const parts = path.split('/');
  let [best, most]: [Route | undefined, number] = [undefined, 0];
  for (const route of routes) {
    const pattern = route.path.replace('{/}', '').split('/');
    const end = pattern.findIndex((part, at) => part !== parts[at] && !part.startsWith(':'));
    const common = Math.min(end === -1 ? pattern.length : end, parts.length);
    if (common > most) [best, most] = [route, common];
  }
  return best;
}

/** `tags/auth` is a part of `library/tags`, and no tag of a repository that is called `library`. */
function isMeant({ path }: Route, asked: string): boolean {
  return spelledOut(asked) === asked || path.startsWith('/v1/repositories/:namespace/');
}

function depthOf({ path }: Route): number | undefined {
  return path.includes('*') ? undefined : partsOf(path.replace(/\{\/\}$/, ''));
}

/** How many parts a path has; a slash at its end begins no other. */
function partsOf(path: string): number {
  let parts = 0;
  for (let at = 0; at < path.length - 1; at += 1) if (path.charCodeAt(at) === SLASH) parts += 1;
  return parts;
}

const SLASH = '/'.charCodeAt(0);

const AREA = /^\/(?:v1\/(?=[^/{])|_hub\/(?=[^/{]))?([^/{]*)/;

/** What a path or a pattern is about: `repositories` of `/v1/repositories/foo/bar`. */
function areaOf(path: string): string {
  return AREA.exec(path)?.[1] ?? '';
}
