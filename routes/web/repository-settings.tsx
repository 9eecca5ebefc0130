import { errors } from '../../src/domain/errors.js';
import { FULL_DESCRIPTION, SHORT_DESCRIPTION } from '../../src/domain/repositories/descriptions.js';
import { LIBRARY, parseRepositoryName } from '../../src/domain/repositories/names.js';
import type { Note } from '../../src/web/look.js';
import { repositoryLabel, repositoryPath } from '../../src/web/paths.js';
import {
  AddRepository,
  DeleteRepository,
  RepositorySettings,
  type RepositoryValues,
} from '../../src/web/views/repository-settings.js';
import { lineOf, readForm, textOf } from './forms.js';
import { readRepository } from './repository.js';
import { headOf } from './shown.js';
import { goTo, type OwnVisit, ownVisitOf, queryOf, refusalNote, showPage } from './visit.js';
import type { WebContext } from './web.js';

const limits = { short: SHORT_DESCRIPTION, full: FULL_DESCRIPTION };

/** The repository that the viewer wants to change. Throws `repositoryMissing` or `notYourRepository`. */
async function ownRepositoryOf(ctx: WebContext) {
  const visit = await ownVisitOf(ctx);
  const { name, document } = readRepository(ctx, visit);
  ctx.state.domain.rights.withLogin.requireOwner(visit.caller, name, 'write');
  return { visit, name, document, repository: headOf(document, visit.account) };
}

/** GET …/settings/ */
export async function getSettings(ctx: WebContext): Promise<void> {
  const { visit, document, repository } = await ownRepositoryOf(ctx);
  const { look } = visit;
  const { description, fullDescription = '', access } = document;
  const values = { description, fullDescription, isPrivate: access === 'private' };
  const isSaved = queryOf(ctx, 'saved') !== '';
  const note: Note | undefined = isSaved
    ? { kind: 'good', text: `${look.words.settings.saved} ${look.words.settings.preview}` }
    : undefined;
  const shown = { look, repository, note, values, limits };
  showPage(ctx, <RepositorySettings {...shown} />);
}

/** POST …/settings/: `description` and `full_description`, as scripts of the time sent them, and `is_private`. */
export async function postSettings(ctx: WebContext): Promise<void> {
  const { visit, name, document, repository } = await ownRepositoryOf(ctx);
  const values = valuesIn(await readForm(ctx), document.access === 'private');
  try {
    const right = ctx.state.domain.rights.withLogin.requirePush(visit.caller, name);
    const properties = propertiesOf(values, document.description);
    await ctx.state.domain.repositories.setProperties(right, properties);
    goTo(ctx, repositoryPath(name, 'settings/?saved=1'));
  } catch (error) {
    const { look } = visit;
    const { note, status } = refusalNote(look, error);
    const shown = { look, repository, note, values, limits };
    showPage(ctx, <RepositorySettings {...shown} />, status);
  }
}

/** GET …/delete/ */
export async function getDelete(ctx: WebContext): Promise<void> {
  const { visit, repository } = await ownRepositoryOf(ctx);
  showPage(ctx, <DeleteRepository look={visit.look} repository={repository} />);
}

/** POST …/delete/: all steps of a deletion in one, once the name is typed. */
export async function postDelete(ctx: WebContext): Promise<void> {
  const { visit, name, repository } = await ownRepositoryOf(ctx);
  const { look, caller } = visit;
  const typed = lineOf(await readForm(ctx), 'name');
  const label = repositoryLabel(name);
  try {
    if (typed !== label && typed !== name.full) throw errors.nameNotTyped();
    await ctx.state.domain.deletions.removeAs(caller, name);
    goTo(ctx, `/account/welcome/?deleted=${encodeURIComponent(label)}`);
  } catch (error) {
    const { note, status } = refusalNote(look, error);
    showPage(ctx, <DeleteRepository look={look} repository={repository} note={note} />, status);
  }
}

const NEW: RepositoryValues = { description: '', fullDescription: '', isPrivate: false };

/** GET /account/repositories/add/ */
export async function getAdd(ctx: WebContext): Promise<void> {
  const visit = await ownVisitOf(ctx);
  const namespace = queryOf(ctx, 'namespace') || visit.account.username;
  showAdd(ctx, visit, { values: NEW, namespace, name: '' });
}

/** POST /account/repositories/add/ */
export async function postAdd(ctx: WebContext): Promise<void> {
  const visit = await ownVisitOf(ctx);
  const form = await readForm(ctx);
  const namespace = lineOf(form, 'namespace') || visit.account.username;
  const typed = lineOf(form, 'name');
  const values = valuesIn(form, false);
  try {
    const name = parseRepositoryName(namespace, typed);
    const right = ctx.state.domain.rights.withLogin.requirePush(visit.caller, name);
    await ctx.state.domain.repositories.create(right, propertiesOf(values));
    goTo(ctx, `${repositoryPath(name)}?new=1`);
  } catch (error) {
    const { note, status } = refusalNote(visit.look, error);
    showAdd(ctx, visit, { values, namespace, name: typed, note }, status);
  }
}

function showAdd(
  ctx: WebContext,
  { look, account }: OwnVisit,
  shown: { values: RepositoryValues; namespace: string; name: string; note?: Note },
  status = 200,
): void {
  const namespaces = account.admin ? [account.username, LIBRARY] : [account.username];
  const page = <AddRepository look={look} limits={limits} namespaces={namespaces} {...shown} />;
  showPage(ctx, page, status);
}

/** What a form says; a script of the time that names no visibility leaves it as it is. */
function valuesIn(form: URLSearchParams, wasPrivate: boolean): RepositoryValues {
  return {
    description: lineOf(form, 'description'),
    fullDescription: textOf(form, 'full_description'),
    isPrivate: form.has('is_private') ? form.get('is_private') === 'on' : wasPrivate,
  };
}

/** A short description that came over the API may be longer, and stay. Throws `descriptionLength`. */
function propertiesOf(
  { description, fullDescription, isPrivate }: RepositoryValues,
  former?: string,
) {
  const isLong = description.length > limits.short && description !== former;
  if (isLong || fullDescription.length > limits.full) {
    throw errors.descriptionLength(limits.short, limits.full);
  }
  const access = isPrivate ? ('private' as const) : ('public' as const);
  return { description, fullDescription, access };
}
