import Router from '@koa/router';
import type { Route } from '../routes/route.js';

/** The route that a request is meant for, and what the parts of its path are. */
export interface FoundRoute {
  readonly route: Route;
  /** By name, unescaped. */
  readonly params: Readonly<Record<string, string>>;
}

type Layer = Router['stack'][number];

/** A pattern that is ready to be held against paths, and the route it stands for. */
interface Entry {
  readonly layer: Layer;
  readonly route: Route;
  /** How many parts its paths have; undefined: any number. */
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
  readonly #areas = new Map<string, Map<string, Entry[]>>();
  /** What was found before, by method and then by path. */
  readonly #found = new Map<string, Map<string, FoundRoute>>();

  /** Of two routes that fit, the first one counts. */
  constructor(routes: readonly Route[]) {
    const router = new Router({ strict: true, sensitive: true });
    for (const route of routes) {
      const layer = router.register(route.path, [route.method], () => undefined) as Layer;
      this.#drawer(areaOf(route.path), route.method).push({ layer, route, depth: depthOf(route) });
    }
  }

  /** The route for a method and a path; HEAD has the one of GET. */
  find(method: string, path: string): FoundRoute | undefined {
    const known = this.#found.get(method)?.get(path);
    if (known !== undefined) return known;
    const found = this.#search(method, spelledOut(path));
    if (found !== undefined) this.#remember(method, path, found);
    return found;
  }

  /** The methods that a path has, in alphabetical order. */
  methods(asked: string): string[] {
    const path = spelledOut(asked);
    const drawers = [...(this.#areas.get(areaOf(path))?.values() ?? [])];
    const fitting = drawers.flat().filter(({ layer }) => layer.match(path));
    return [...new Set(fitting.flatMap(({ layer }) => layer.methods))].sort();
  }

  #search(method: string, path: string): FoundRoute | undefined {
    const drawer = this.#areas.get(areaOf(path))?.get(method === 'HEAD' ? 'GET' : method);
    const parts = partsOf(path);
    for (const { layer, route, depth = parts } of drawer ?? []) {
      const found = depth === parts ? layer.regexp.exec(path) : null;
      if (found !== null) return { route, params: layer.params(path, found.slice(1)) };
    }
    return undefined;
  }

  #remember(method: string, path: string, found: FoundRoute): void {
    if (path.length > LONGEST_REMEMBERED) return;
    const paths = this.#found.get(method) ?? new Map<string, FoundRoute>();
    this.#found.set(method, paths);
    if (paths.size >= MOST_REMEMBERED) paths.clear();
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

const SHORT_PART = /^(\/v1\/repositories)\/([^/]+\/(?:images|auth|tags|json|properties))$/;

/**
 * A path as the patterns have it. Without a slash at its end, `foo/tags` is a part of the official
 * repository `foo`, for methods too that it does not have, and never the repository `tags` of `foo`.
 */
function spelledOut(path: string): string {
  return path.replace(SHORT_PART, '$1/library/$2');
}

const AREA = /^\/(?:v1\/|_hub\/)?([^/{]*)/;

/** What a path or a pattern is about: `repositories` of `/v1/repositories/foo/bar`. */
function areaOf(path: string): string {
  return AREA.exec(path)?.[1] ?? '';
}
