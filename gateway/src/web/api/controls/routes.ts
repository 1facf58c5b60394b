import type { Admission } from '../../../access/admission.ts';
import { RequestError } from '../../request-error.ts';
import { validated } from '../../validated.ts';
import { type ApiRoute, apiRoute } from '../route.ts';
import { byName } from '../schema.ts';
import type { Viewer } from '../viewer.ts';
import { type BoardItem, boardAnswer, boardBody, boardId, boardsAnswer, deleteQuery, type KeptBoard } from './board.ts';
import { BoardBook, type BoardBookParts } from './board-book.ts';

const ID = { id: 'what the board is called in addresses' };
const log = (what: string) => ({ what, subject: 'board' });

export interface ControlBoardParts extends BoardBookParts {
  access: Admission;
}

/** Boards of controls, which whoever may see the gateway may open. What a control shows and sends is up to the rights of whoever has it open. */
export function controlBoardRoutes({ access, ...parts }: ControlBoardParts): ApiRoute[] {
  const book = new BoardBook(parts);
  const mayChange = ({ principal }: Viewer): boolean => access.mayChangeBoards(principal);
  const checkChange = (viewer: Viewer): void => {
    if (mayChange(viewer)) return;
    throw new RequestError('PEER_NOT_ALLOWED', 'Your role does not let you change boards: that needs "controls".');
  };
  return [
    apiRoute(
      {
        method: 'GET',
        path: '/api/v1/boards',
        summary: 'The boards of controls.',
        needs: 'see',
        answers: { 200: boardsAnswer },
      },
      async ({ viewer }) => {
        const boards = [...(await book.all()).values()].sort((one, other) => byName(one.name, other.name));
        return {
          boards: boards.map(({ items, ...board }) => ({ ...board, itemCount: items.length })),
          mayChange: mayChange(viewer),
        };
      },
    ),
    apiRoute(
      {
        method: 'GET',
        path: '/api/v1/boards/:id',
        summary: 'One board, with its controls.',
        description: 'A control that is bound to a channel of which whoever asks may not know is of the kind "hidden".',
        needs: 'see',
        params: ID,
        answers: { 200: boardAnswer },
      },
      async ({ params: { id }, viewer }) => shown(await book.get(id), viewer, mayChange(viewer)),
    ),
    apiRoute(
      {
        method: 'PUT',
        path: '/api/v1/boards/:id',
        summary: 'Makes a board, or replaces it.',
        description:
          'For roles that may do "controls": member and admin. "version" is that of the board that is changed; where another one is there by now, the ' +
          'answer is 409, and nothing is changed.',
        needs: 'see',
        params: ID,
        body: boardBody,
        answers: { 200: boardAnswer },
        logs: log('board changed'),
      },
      async ({ params: { id }, body, viewer }) => {
        checkChange(viewer);
        return shown(await book.put(validated(boardId(), id), body, viewer.principal.account), viewer, true);
      },
    ),
    apiRoute(
      {
        method: 'DELETE',
        path: '/api/v1/boards/:id',
        summary: 'Deletes a board.',
        needs: 'see',
        params: ID,
        query: deleteQuery,
        answers: { 204: undefined },
        logs: log('board deleted'),
      },
      async ({ params: { id }, query: { version }, viewer }) => {
        checkChange(viewer);
        await book.remove(id, version);
        return undefined;
      },
    ),
  ];
}

function shown({ items, ...board }: KeptBoard, viewer: Viewer, mayChange: boolean) {
  return { ...board, items: items.map((item) => itemFor(viewer, item)), mayChange };
}

/** A control as whoever looks may know of it. */
function itemFor(viewer: Viewer, item: BoardItem): BoardItem {
  const { id, size, channel, object } = item;
  const maySee = channel === undefined || viewer.sees(channel);
  const mayRead = object === undefined || viewer.readsObject(object);
  return maySee && mayRead ? item : { id, kind: 'hidden', label: '', size };
}
