import type { Classroom } from '../../src/class/classroom.js';
import type { Progress } from '../../src/lessons/index.js';
import type { Sandbox } from '../../src/sandbox/sandbox.js';
import type { Shells } from '../../src/shell/index.js';
import type { HubContext, HubState, PathParams } from '../../src/wire/context.js';
import type { ErrorAnswer } from '../../src/wire/error-answers.js';
import type { Assets } from './assets.js';
import type { Descriptions } from './descriptions.js';
import type { StepRows } from './step-rows.js';

/** What pages are made with. */
export interface WebTools {
  readonly assets: Assets;
  /** Writes an error as a page. */
  readonly showError: (ctx: WebContext, answer: ErrorAnswer) => void;
  /** HTML of Markdown. */
  readonly descriptions: Descriptions;
  /** The shells of the lessons' terminal panes, by `sessionKey`. */
  readonly shells: Shells;
  /** Steps of the live page. */
  readonly rows: StepRows;
}

/** What a handler of a page is given. */
export type WebState = HubState & { readonly web: Web };

/** A request for a page. */
export type WebContext = Omit<HubContext, 'state'> & {
  readonly state: WebState;
  params: PathParams;
};

/** Answers a request for a page. */
export type WebHandler = (ctx: WebContext) => void | Promise<void>;

/**
 * The pages of one hub. What they are made with is loaded by the first request for one, since most hubs are started for
 * their API.
 */
export class Web {
  /** Milliseconds since 1970, by the hub's clock. */
  readonly now: () => number;
  /** How far readers of the lessons are; undefined where the journal is off, which sees what they do. */
  readonly progress: Progress | undefined;
  /** What teaches besides; undefined where it is off. */
  readonly sandbox: Sandbox | undefined;
  /** The class; undefined where there is none. */
  readonly classroom: Classroom | undefined;
  #tools: Promise<WebTools> | undefined;
  #loaded: WebTools | undefined;

  constructor(
    now: () => number,
    { progress, sandbox, classroom }: Pick<Web, 'progress' | 'sandbox' | 'classroom'>,
  ) {
    this.now = now;
    this.progress = progress;
    this.sandbox = sandbox;
    this.classroom = classroom;
  }

  /** What pages are made with. */
  tools(): Promise<WebTools> {
    this.#tools ??= this.#load();
    return this.#tools;
  }

  /** Writes an error as a page; only once `tools` has resolved. */
  readonly showError = (ctx: HubContext, answer: ErrorAnswer): void => {
    this.#loaded?.showError(ctx as unknown as WebContext, answer);
  };

  /** Ends what it has begun besides; for a hub that ends. */
  async close(): Promise<void> {
    await this.#loaded?.descriptions.close();
  }

  /** Ends the shell of a session, if it has one. */
  endShell(session: string): void {
    this.#loaded?.shells.end(session);
  }

  async #load(): Promise<WebTools> {
    const [{ Assets }, { showErrorPage }, { Descriptions }, { Shells }, { StepRows }] =
      await Promise.all([
        import('./assets.js'),
        import('./error-page.js'),
        import('./descriptions.js'),
        import('../../src/shell/index.js'),
        import('./step-rows.js'),
      ]);
    const assets = await Assets.load();
    const tools: WebTools = {
      assets,
      showError: (ctx, answer) => showErrorPage(ctx, answer, assets.folder),
      descriptions: new Descriptions(),
      shells: new Shells(),
      rows: new StepRows(),
    };
    this.#loaded = tools;
    return tools;
  }
}
