/*
 * The package for CommonJS: startHub alone, since the rest is a module that can only be waited for.
 */
import type { Hub, HubOptions } from './index.js' with { 'resolution-mode': 'import' };

/** As the startHub of the module. */
async function startHub(options?: HubOptions): Promise<Hub> {
  const module = await import('./index.js');
  return module.startHub(options);
}

export = { startHub };
