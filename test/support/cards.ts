import { Visitor } from './visitor.js';

/** Name and password of each card on a page; undefined where a student has another one by now. */
export function cardsOn(html: string): (readonly [name: string, password: string | undefined])[] {
  return html
    .split('<li class="card">')
    .slice(1)
    .map((card) => {
      const [, name = '', password] = [...card.matchAll(/<code>([^<]*)<\/code>/g)].map(
        ([, text]) => text,
      );
      return [name, password];
    });
}

/** Logs a student of a class in with their card, which an admin's page shows. */
export async function studentOf(
  hub: ConstructorParameters<typeof Visitor>[0],
  teacher: Visitor,
  name: string,
): Promise<{ readonly visitor: Visitor; readonly password: string }> {
  const cards = new Map(cardsOn((await teacher.open('/sandbox/class/cards/')).html));
  const password = cards.get(name) ?? '';
  const visitor = new Visitor(hub);
  const { status } = await visitor.logIn(name, password);
  if (status !== 303) throw new Error(`the card of ${name} does not open the pages: ${status}`);
  return { visitor, password };
}
