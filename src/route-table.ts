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
}

/**
 * Finds the route of a request. The patterns are @koa/router's; they lie in drawers, by method and by area
 * of the API, so that a request is held against a few of them, and are asked and not run: to run a
 * router makes a chain of middleware for every request, which took longer than a whole `_ping`
 * takes a bare Koa app.
 */
export class RouteTable {
  readonly #areas = new Map<string, Map<string, Entry[]>>();

  /** Of two routes that fit, the first one counts. */
  constructor(routes: readonly Route[]) {
    const router = new Router({ strict: true, sensitive: true });
    for (const route of routes) {
      const layer = router.register(route.path, [route.method], () => undefined) as Layer;
      this.#drawer(areaOf(route.path), route.method).push({ layer, route });
    }
  }

  /** The route for a method and a path; HEAD has the one of GET. */
  find(method: string, path: string): FoundRoute | undefined {
    const drawer = this.#areas.get(areaOf(path))?.get(method === 'HEAD' ? 'GET' : method);
    const entry = drawer?.find(({ layer }) => layer.match(path));
    if (entry === undefined) return undefined;
    const { layer, route } = entry;
    return { route, params: layer.params(path, layer.captures(path)) };
  }

  /** The methods that a path has, in alphabetical order. */
  methods(path: string): string[] {
    const drawers = [...(this.#areas.get(areaOf(path))?.values() ?? [])];
    const fitting = drawers.flat().filter(({ layer }) => layer.match(path));
    return [...new Set(fitting.flatMap(({ layer }) => layer.methods))].sort();
  }

  #drawer(area: string, method: string): Entry[] {
    const drawers = this.#areas.get(area) ?? new Map<string, Entry[]>();
    this.#areas.set(area, drawers);
    const drawer = drawers.get(method) ?? [];
    drawers.set(method, drawer);
    return drawer;
  }
}

const AREA = /^\/(?:v1\/|_hub\/)?([^/{]*)/;

/** What a path or a pattern is about: `repositories` of `/v1/repositories/foo/bar`. */
function areaOf(path: string): string {
  return AREA.exec(path)?.[1] ?? '';
}
