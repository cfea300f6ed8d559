"""Push and pull, as the page says them: a server that compares clocks and leaves every decision to the clients."""

import hashlib
import json
import re
import time

from push import Push
from shapes import CHANGES_PER_PAGE, PAGE_CHARACTERS, read_pull, read_push

CURSOR = re.compile(r'1:([0-9a-f]{32}):(\d{1,15}):(\*|[0-9a-f]{64})')


def now_ms():
    return time.time_ns() // 1_000_000


class Sync:
    def __init__(self, store):
        self.store = store

    def envelope(self):
        return {'serverTime': now_ms(), 'epoch': self.store.epoch}

    def push(self, body):
        request = read_push(body)
        cursor = request.get('cursor')
        place = self.read_cursor(cursor)
        if cursor is not None and place is None:
            results = [retry(raw['id']) for raw in request['operations']]
            return {**self.envelope(), 'results': results}
        with self.store.space(request.get('space')) as space:
            head = space.head()
            results = Push(space).run(request['operations'])
            answer = {**self.envelope(), 'results': results}
            if place is not None and place[0] == head:
                answer['cursor'] = self.format_cursor(space.head(), place[1])
            return answer

    def pull(self, body):
        request = read_pull(body)
        entities = request.get('entities')
        scope = scope_of(entities)
        cursor = request.get('cursor')
        with self.store.space(request.get('space')) as space:
            head = space.head()
            place = self.read_cursor(cursor)
            is_usable = place is not None and place[0] <= head and place[1] in ('*', scope)
            page, last, left = page_of(space, place[0] if is_usable else 0, entities, request['limit'])
            return {
                **self.envelope(),
                'changes': page,
                'cursor': self.format_cursor(last if left else head, scope),
                'more': left or False,
                **({'reset': True} if cursor is not None and not is_usable else {}),
            }

    def format_cursor(self, seq, scope):
        return f'1:{self.store.epoch}:{seq}:{scope}'

    def read_cursor(self, text):
        """Place and scope; `None` for what was not given out by this copy of the data."""
        parts = CURSOR.fullmatch(text or '')
        return (int(parts[2]), parts[3]) if parts and parts[1] == self.store.epoch else None


def retry(operation_id):
    return {'id': operation_id, 'status': 'retry', 'code': 'epoch-changed'}


def scope_of(entities):
    return '*' if entities is None else hashlib.sha256(','.join(sorted(set(entities))).encode()).hexdigest()


def page_of(space, after, entities, limit):
    """Changes, the place of the last, and how many are left. What has one place is never torn apart."""
    page, last, left, characters = [], after, 0, 0
    limit = min(limit, CHANGES_PER_PAGE)
    for seq, entity, text in space.changed_since(after):
        if entities is not None and entity not in entities:
            continue
        is_full = len(page) >= limit or characters > PAGE_CHARACTERS
        if left or (is_full and seq != last):
            left += 1
            continue
        page.append(change_of(json.loads(text)))
        characters += len(text)
        last = seq
    return page, last, left


def change_of(record):
    if not record.get('deleted'):
        return {'kind': 'put', 'record': record}
    return {'kind': 'delete', **{name: record[name] for name in ('entity', 'id', 'version', 'clock', 'stamp')}}
