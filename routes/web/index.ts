import { HubError } from '../../src/domain/errors.js';
import type { Handler } from '../../src/wire/context.js';
import type { SecretPlace } from '../../src/wire/operation.js';
import type { Route } from '../route.js';
import { requireOwnName, requireOwnPage } from './own-pages.js';
import type { WebContext, WebHandler } from './web.js';

/* The pages. What makes them is loaded by the first request for one: most hubs are started for their API. */

const front = () => import('./front.js');
const signUp = () => import('./sign-up.js');
const logIn = () => import('./log-in.js');
const account = () => import('./account.js');
const lists = () => import('./lists.js');
const repository = () => import('./repository.js');
const layers = () => import('./layers.js');
const settings = () => import('./repository-settings.js');
const search = () => import('./search.js');
const admin = () => import('./admin.js');
const assets = () => import('./assets.js');
const lessons = () => import('./lessons.js');
const classroom = () => import('./class.js');
const classStudent = () => import('./class-student.js');
const classProjector = () => import('./class-projector.js');
const live = () => import('./live.js');
const liveEvents = () => import('./live-events.js');
const livePlay = () => import('./live-play.js');
const redirects = () => import('./redirects.js');

/** The parts of a form that hold passwords. */
const PASSWORDS: readonly SecretPlace[] = ['query', 'body'];

/**
 * The addresses of the Hub from June 2014 to August 2015, and those of before and after as other addresses of the
 * same pages.
 */
export const webRoutes: readonly Route[] = [
  page('GET', '/static/:version/:file', 'getAsset', assets, (to) => to.getAsset),

  page('GET', '/account{/}', 'getAccountPage', front, (to) => to.getAccount),
  page('GET', '/account/welcome{/}', 'getWelcomePage', front, (to) => to.getWelcome),
  page('GET', '/account/signup{/}', 'getSignUpPage', signUp, (to) => to.getSignUp),
  form('/account/signup{/}', 'sendSignUp', signUp, (to) => to.postSignUp, PASSWORDS),
  page('GET', '/account/login{/}', 'getLogInPage', logIn, (to) => to.getLogIn),
  form('/account/login{/}', 'sendLogIn', logIn, (to) => to.postLogIn, PASSWORDS),
  page('GET', '/account/logout{/}', 'getLogOutPage', logIn, (to) => to.getLogOut),
  form('/account/logout{/}', 'sendLogOut', logIn, (to) => to.postLogOut),

  page('GET', '/account/change-password{/}', 'getPasswordPage', account, (to) => to.getPassword),
  form('/account/change-password{/}', 'sendPassword', account, (to) => to.postPassword, PASSWORDS),
  page(
    'GET',
    '/account/change-password-done{/}',
    'getPasswordDonePage',
    account,
    (to) => to.getPasswordDone,
  ),
  page('GET', '/account/emails{/}', 'getEmailsPage', account, (to) => to.getEmails),
  form('/account/emails{/}', 'sendEmail', account, (to) => to.postEmails),
  page('GET', '/account/profile{/}', 'getProfilePage', account, (to) => to.getProfile),
  form('/account/profile{/}', 'sendProfile', account, (to) => to.postProfile),
  page('GET', '/account/repositories/add{/}', 'getAddPage', settings, (to) => to.getAdd),
  form('/account/repositories/add{/}', 'sendAdd', settings, (to) => to.postAdd),
  page('GET', '/account/admin{/}', 'getAccountsPage', admin, (to) => to.getAccounts),
  form('/account/admin{/}', 'sendAccountChange', admin, (to) => to.postAccount),

  page('GET', '/search{/}', 'getSearchPage', search, (to) => to.getSearch),
  page('GET', '/official{/}', 'getOfficialPage', search, (to) => to.getOfficial),
  page('GET', '/repos/:namespace{/}', 'getRepositoriesPage', lists, (to) => to.getRepositories),
  page('GET', '/u/:namespace{/}', 'getUserPage', lists, (to) => to.getUserPage),

  ...ofRepository('GET', '', 'getRepositoryPage', repository, (to) => to.getRepository),
  ...ofRepository('GET', '/tags/manage', 'getTagsPage', repository, (to) => to.getTags),
  ...ofRepository('POST', '/tags/manage', 'sendTags', repository, (to) => to.postTags),
  ...ofRepository('GET', '/layers', 'getLayersPage', layers, (to) => to.getLayers),
  ...ofRepository('GET', '/settings', 'getSettingsPage', settings, (to) => to.getSettings),
  ...ofRepository('POST', '/settings', 'sendSettings', settings, (to) => to.postSettings),
  ...ofRepository('GET', '/delete', 'getDeletePage', settings, (to) => to.getDelete),
  ...ofRepository('POST', '/delete', 'sendDelete', settings, (to) => to.postDelete),

  page('GET', '/sandbox/lessons{/}', 'getLessonsPage', lessons, (to) => to.getLessons),
  page('GET', '/sandbox/lessons/:lesson{/}', 'getLessonPage', lessons, (to) => to.getLesson, [
    // A line for the terminal, from a form that was sent the wrong way.
    'query',
  ]),
  form('/sandbox/lessons/:lesson{/}', 'sendLesson', lessons, (to) => to.postLesson, PASSWORDS),
  page('GET', '/sandbox/class{/}', 'getClassPage', classroom, (to) => to.getBoard),
  form('/sandbox/class{/}', 'sendClass', classroom, (to) => to.postBoard),
  page('GET', '/sandbox/class/cards{/}', 'getCardsPage', classroom, (to) => to.getCards),
  page(
    'GET',
    '/sandbox/class/projector{/}',
    'getProjectorPage',
    classProjector,
    (to) => to.getProjector,
  ),
  page(
    'GET',
    '/sandbox/class/students/:student{/}',
    'getStudentPage',
    classStudent,
    (to) => to.getStudent,
  ),
  form('/sandbox/class/students/:student{/}', 'sendStudent', classStudent, (to) => to.postStudent),
  page('GET', '/sandbox{/}', 'getSandboxPage', live, (to) => to.getSandbox),
  page('GET', '/sandbox/live{/}', 'getLivePage', live, (to) => to.getLive),
  page('GET', '/sandbox/live/events', 'getLiveEvents', liveEvents, (to) => to.getEvents),
  page('GET', '/sandbox/live/:number{/}', 'getStepPage', live, (to) => to.getStep),
  form('/sandbox/play{/}', 'sendPlay', livePlay, (to) => to.postPlay),
  form('/sandbox/play/:id{/}', 'sendPlayStep', livePlay, (to) => to.postPlayStep),
  form('/sandbox/faults{/}', 'sendFault', livePlay, (to) => to.postFault),

  moved('/r/:namespace/:repository{/}', 'getRepositoryOf2015', ''),
  moved('/r/:namespace/:repository/tags{/}', 'getTagsOf2015', 'tags/manage/'),
  moved('/r/:namespace/:repository/~/settings{/}', 'getSettingsOf2015', 'settings/'),
  movedTo('/register{/}', 'getSignUpOf2015', '/account/signup/'),
  movedTo('/login{/}', 'getLogInOf2015', '/account/login/'),
  movedTo('/explore{/}', 'getOfficialOf2015', '/official/'),
  movedTo('/add/repository{/}', 'getAddOf2015', '/account/repositories/add/'),
  movedTo('/account/settings{/}', 'getProfileOf2015', '/account/profile/'),
];

/** What answers at `/`: a page for those who take one, else the API. */
export function getRootFor(api: Handler): Handler {
  const toPage = open(front, (to) => to.getFront);
  return (ctx) => (ctx.state.voice === 'web' ? toPage(ctx) : api(ctx));
}

/** Loads what makes a page, and has it answer. */
function open<M>(load: () => Promise<M>, handler: (module: M) => WebHandler): Handler {
  return async (ctx) => {
    const page = ctx as unknown as WebContext;
    // An error page needs these files, and they are not secret.
    if (!ctx.path.startsWith('/static/')) requireOwnName(page);
    if (ctx.method === 'POST') requireOwnPage(page);
    try {
      await handler(await load())(page);
    } catch (error) {
      if (!(error instanceof HubError) || error.id !== 'loginRequired') throw error;
      (await redirects()).toLogIn(page);
    }
  };
}

function page<M>(
  method: 'GET' | 'POST',
  path: string,
  id: string,
  load: () => Promise<M>,
  handler: (module: M) => WebHandler,
  secrets: readonly SecretPlace[] = [],
): Route {
  return { method, path, id, row: id, voice: 'web', handler: open(load, handler), secrets };
}

/** What a form is sent to. */
function form<M>(
  path: string,
  id: string,
  load: () => Promise<M>,
  handler: (module: M) => WebHandler,
  secrets: readonly SecretPlace[] = [],
): Route {
  return page('POST', path, id, load, handler, secrets);
}

/** A part of a repository's page, of official ones too: `/u/ns/repo/…` and `/_/repo/…`. */
function ofRepository<M>(
  method: 'GET' | 'POST',
  part: string,
  id: string,
  load: () => Promise<M>,
  handler: (module: M) => WebHandler,
): Route[] {
  const row = page(method, `/u/:namespace/:repository${part}{/}`, id, load, handler);
  return [row, { ...row, path: `/_/:repository${part}{/}`, id: id.replace(/[A-Z]/, 'Official$&') }];
}

/** Another address of a repository, or of a part of it. */
function moved(path: string, id: string, part: string): Route {
  return page('GET', path, id, redirects, (to) => to.toRepository(part));
}

/** Another address of a page. */
function movedTo(path: string, id: string, target: string): Route {
  return page('GET', path, id, redirects, (to) => to.to(target));
}
