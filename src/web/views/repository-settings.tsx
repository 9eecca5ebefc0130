import type { JSX } from 'preact';
import { Layout } from '../layout.js';
import type { Look, Note } from '../look.js';
import { Choice, Field } from '../parts.js';
import { repositoryLabel, repositoryPath } from '../paths.js';
import { RepositoryFrame, type RepositoryHead } from './repository.js';

/** How long descriptions may be, in characters: the Hub's own bounds. */
export interface DescriptionLimits {
  readonly short: number;
  readonly full: number;
}

/** What the form of a repository has in it. */
export interface RepositoryValues {
  readonly description: string;
  readonly fullDescription: string;
  readonly isPrivate: boolean;
}

interface FieldsProps {
  readonly look: Look;
  readonly values: RepositoryValues;
  readonly limits: DescriptionLimits;
}

function Fields({ look, values, limits }: FieldsProps): JSX.Element {
  const { fields } = look.words;
  return (
    <>
      <Field
        label={fields.description}
        name="description"
        value={values.description}
        hint={fields.hints.description(limits.short)}
        required={false}
        maxLength={limits.short}
      />
      <Field
        label={fields.fullDescription}
        name="full_description"
        value={values.fullDescription}
        hint={fields.hints.fullDescription(limits.full)}
        required={false}
        maxLength={limits.full}
        rows={12}
      />
      <Choice
        legend={fields.visibility}
        name="is_private"
        value={values.isPrivate ? 'on' : 'off'}
        options={[
          ['off', fields.public],
          ['on', fields.private],
        ]}
      />
    </>
  );
}

/** `…/settings/` */
export function RepositorySettings({
  look,
  repository,
  note,
  ...shown
}: FieldsProps & {
  readonly repository: RepositoryHead;
  readonly note?: Note | undefined;
}): JSX.Element {
  const { settings, account, repository: words } = look.words;
  return (
    <RepositoryFrame look={look} repository={repository} tab="settings" note={note}>
      <form
        name="repository_settings"
        class="wide"
        method="post"
        action={repositoryPath(repository, 'settings/')}
      >
        <Fields look={look} {...shown} />
        <p class="hint">{settings.hides}</p>
        <button type="submit" class="btn btn-primary">
          {account.save}
        </button>
      </form>
      <h2>{settings.removeTitle}</h2>
      <p>{settings.removeWarning}</p>
      <p>
        <a class="button danger" href={repositoryPath(repository, 'delete/')}>
          {words.remove}
        </a>
      </p>
    </RepositoryFrame>
  );
}

/** `…/delete/`: asks for the name. */
export function DeleteRepository({
  look,
  repository,
  note,
}: {
  readonly look: Look;
  readonly repository: RepositoryHead;
  readonly note?: Note | undefined;
}): JSX.Element {
  const { settings, repository: words } = look.words;
  const label = repositoryLabel(repository);
  return (
    <RepositoryFrame look={look} repository={repository} tab="settings" note={note}>
      <h2>{settings.removeTitle}</h2>
      <p>{settings.removeWarning}</p>
      <p>{settings.removeLocal}</p>
      <form
        name="repository_delete"
        class="narrow"
        method="post"
        action={repositoryPath(repository, 'delete/')}
      >
        <Field label={settings.removeType(label)} name="name" />
        <button type="submit" class="danger">
          {words.remove}
        </button>
      </form>
    </RepositoryFrame>
  );
}

/** `/account/repositories/add/` */
export function AddRepository({
  look,
  note,
  namespaces,
  namespace,
  name,
  ...shown
}: FieldsProps & {
  readonly note?: Note | undefined;
  /** Those that the viewer may make repositories in. */
  readonly namespaces: readonly string[];
  readonly namespace: string;
  readonly name: string;
}): JSX.Element {
  const { add, fields } = look.words;
  return (
    <Layout look={look} title={add.title} note={note} own>
      <h1>{add.title}</h1>
      <p>{add.hint}</p>
      <form class="wide" method="post" action="/account/repositories/add/">
        <p class="field">
          <label for="id_namespace">{fields.namespace}</label>
          <select id="id_namespace" name="namespace">
            {namespaces.map((each) => (
              <option key={each} value={each} selected={each === namespace}>
                {each}
              </option>
            ))}
          </select>
        </p>
        <Field
          label={fields.name}
          name="name"
          value={name}
          hint={fields.hints.name}
          maxLength={128}
        />
        <Fields look={look} {...shown} />
        <button type="submit" class="btn btn-primary">
          {add.create}
        </button>
      </form>
    </Layout>
  );
}
