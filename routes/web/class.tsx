import { reachableAddresses } from '../../src/class/addresses.js';
import { errors } from '../../src/domain/errors.js';
import { isEndpoint } from '../../src/input/endpoint.js';
import type { Note } from '../../src/web/look.js';
import { Board } from '../../src/web/views/class-board.js';
import { Cards } from '../../src/web/views/class-cards.js';
import { addressesOf, boardLineOf, cardOf, classVisitOf, titlesOf } from './class-shown.js';
import { lineOf, readForm } from './forms.js';
import { goTo, queryOf, showPage } from './visit.js';
import type { WebContext } from './web.js';

/** GET /sandbox/class/: how far everybody is. */
export async function getBoard(ctx: WebContext): Promise<void> {
  const visit = await classVisitOf(ctx);
  const { look, classroom } = visit;
  const { host, registration, students } = classroom;
  const page = (
    <Board
      look={look}
      lessons={titlesOf(visit)}
      lines={classroom.places(students).map((place) => boardLineOf(place, look))}
      signUps={registration}
      onlyHere={reachableAddresses(host).length === 0 ? host : undefined}
    />
  );
  showPage(ctx, page);
}

/** POST /sandbox/class/: freezes sign-ups, or opens them again. */
export async function postBoard(ctx: WebContext): Promise<void> {
  const { classroom } = await classVisitOf(ctx);
  const act = lineOf(await readForm(ctx), 'act');
  if (act === 'freeze') classroom.registration = 'closed';
  else if (act === 'thaw') classroom.registration = 'open';
  else throw errors.badRequest();
  goTo(ctx, '/sandbox/class/');
}

/** The longest name of a host, with a port. */
const LONGEST_ADDRESS = 262;

/** GET /sandbox/class/cards/?address=&only=: cards to print. Throws `accountMissing`. */
export async function getCards(ctx: WebContext): Promise<void> {
  const visit = await classVisitOf(ctx);
  const { look, classroom } = visit;
  const asked = queryOf(ctx, 'address').trim();
  const addresses = addressesOf(ctx, visit);
  const isGood = asked.length <= LONGEST_ADDRESS && isEndpoint(asked);
  const note: Note | undefined =
    asked === '' || isGood ? undefined : { kind: 'bad', text: look.words.class.print.wrong };
  const address = isGood ? asked : (addresses[0] ?? '');
  const only = queryOf(ctx, 'only');
  const students = only === '' ? classroom.students : [classroom.student(only)];
  const page = (
    <Cards
      look={look}
      note={note}
      cards={students.map(cardOf)}
      url={`${ctx.protocol}://${address}/`}
      address={address}
      addresses={addresses}
      only={only === '' ? undefined : only}
    />
  );
  showPage(ctx, page, note === undefined ? 200 : 400);
}
