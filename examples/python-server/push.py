"""What becomes of the operations of one push: the table of the page, line by line."""

import time
from itertools import groupby

from record import empty_record, write_over
from shapes import HEAD, Unacceptable, author_of, fields, read_operation

DRIFT_MS = 5 * 60_000


class Push:
    """One push, inside its transaction."""

    def __init__(self, space):
        self.space = space
        self.records = {}  # written by this push: key -> record
        self.results = {}  # id -> result
        self.refused = {}  # line 1: id -> result
        self.stopped = {}  # key -> the operation that holds up the later ones of that record

    def run(self, raws):
        groups = groups_of([self.read(raw) for raw in raws])
        names = [transaction_of(group[0]) for group in groups]
        for group, name in zip(groups, names):
            sizes = {operation['transaction']['size'] for operation in group if name is not None}
            self.take(group, name is None or (names.count(name) == 1 and sizes == {len(group)}))
        self.space.save(self.records)
        return [self.results[raw['id']] for raw in raws]

    def read(self, raw):
        try:
            return read_operation(raw)
        except Unacceptable as problem:
            self.refused[raw['id']] = rejected(raw, problem.code, str(problem))
            return fields(raw, HEAD)

    def take(self, group, is_whole):
        """The operations of one transaction, or one alone: all are written, or none."""
        draft, accepted, to_keep = {}, {}, []
        for operation in group:
            result, is_kept = self.judge(operation, group, is_whole, draft)
            if result['status'] != 'accepted':
                return self.turn_down(group, operation, result, is_kept)
            accepted[operation['id']] = result
            if is_kept:
                to_keep.append((operation, result))
        self.records.update(draft)
        self.results.update(accepted)
        for operation, result in to_keep:
            self.keep(operation, result)

    def turn_down(self, group, culprit, result, is_kept):
        for member in group:
            self.results[member['id']] = {'id': member['id'], 'status': 'blocked', 'by': culprit['id']}
            self.stopped.setdefault(key_of(member), culprit['id'])
        self.results[culprit['id']] = result
        if is_kept:
            self.keep(culprit, result)

    def judge(self, operation, group, is_whole, draft):
        """The answer, and whether it is kept. The numbers are those of the lines of the page."""
        if operation['id'] in self.refused:
            return self.refused[operation['id']], False  # 1
        known = self.space.answer(operation['id'])
        if known is not None:
            return self.again(operation, known), False  # 2
        if not is_whole:
            return rejected(operation, 'protocol', 'its transaction is not here as a whole'), False  # 3
        key, author = key_of(operation), author_of(operation)
        by = self.stopped.get(key) or self.unmet_need(operation, group)
        if by is not None:
            return {'id': operation['id'], 'status': 'blocked', 'by': by}, False  # 4
        record = draft.get(key) or self.record(key)
        if record is not None and record['clock'].get(author, 0) >= operation['clock'][author]:
            replaced = self.space.answer(operation.get('replaces', ''))
            if replaced is not None and replaced['result']['status'] == 'conflict':
                return accept(operation, 'superseded', record, True), True  # 7
            return rejected(operation, 'identity-lost', f'{author} has counted this far'), False  # 8
        if record is None and operation['kind'] == 'update':
            return rejected(operation, 'not-found', 'there is no such record'), True  # 9
        if record is not None and any(count > operation['clock'].get(name, 0) for name, count in record['clock'].items()):
            shown = self.record(key) or record
            return {'id': operation['id'], 'status': 'conflict', 'record': shown, 'fields': []}, True  # 12
        if record is not None and record.get('deleted') and operation['kind'] == 'update' and not revives(operation):
            return rejected(operation, 'not-found', 'the record was deleted'), True  # 10
        return self.write(operation, record, draft), True  # 11

    def write(self, operation, record, draft):
        timely = brought_back(operation)
        try:
            written = write_over(record or empty_record(timely), timely)
        except Unacceptable as problem:
            return rejected(operation, problem.code, str(problem))
        draft[key_of(operation)] = written
        is_unforeseen = timely is not operation or (record is not None and record.get('deleted', False))
        return accept(operation, 'applied', written, is_unforeseen)

    def again(self, operation, known):
        if not is_same_write(known['write'], write_of(operation)):
            return rejected(operation, 'id-taken', 'this id belongs to another write')
        result = known['result']
        record = self.record(key_of(operation))
        if result['status'] == 'accepted':
            return accept(operation, 'duplicate', record, True)
        return {**result, 'record': record} if result['status'] == 'conflict' else result

    def unmet_need(self, operation, group):
        members = {member['id'] for member in group}
        needed = (other for other in operation.get('dependsOn', []) if other not in members)
        return next((other for other in needed if not self.is_accepted(other)), None)

    def is_accepted(self, operation_id):
        if self.results.get(operation_id, {}).get('status') == 'accepted':
            return True
        known = self.space.answer(operation_id)
        if known is None or known['result']['status'] != 'conflict':
            return known is not None and known['result']['status'] == 'accepted'
        entity, entity_id, author, counter = known['write']
        return self.record((entity, entity_id))['clock'].get(author, 0) >= counter

    def record(self, key):
        """As it is without the group that is being looked at."""
        return self.records.get(key) or self.space.record(key)

    def keep(self, operation, result):
        """Records are not kept with an answer: it is repeated with the one of that day."""
        bare = {name: value for name, value in result.items() if name != 'record'}
        self.space.keep_answer(operation['id'], {'result': bare, 'write': write_of(operation)})


def groups_of(operations):
    """Neighbours that name one transaction; an operation without one is a group of its own."""
    named = groupby(enumerate(operations), lambda pair: transaction_of(pair[1]) or pair[0])
    return [[operation for _, operation in group] for _, group in named]


def transaction_of(operation):
    return operation['transaction']['id'] if 'transaction' in operation else None


def key_of(operation):
    return operation['entity'], operation['entityId']


def write_of(operation):
    author = author_of(operation)
    return [operation['entity'], operation['entityId'], author, operation['clock'][author]]


def is_same_write(one, other):
    """The author may have another name by now: a device that lost its own sends again what it had sent under it."""
    (*record, _, counter), (*other_record, _, other_counter) = one, other
    return record == other_record and counter == other_counter


def revives(operation):
    return any(each['path'] == '' and each['winner'] != 'remote' for each in operation.get('decisions', []))


def brought_back(operation):
    """A stamp too far ahead of this clock must not win for ever."""
    now = time.time_ns() // 1_000_000
    if int(operation['stamp'][:12], 16) <= now + DRIFT_MS:
        return operation
    return {**operation, 'stamp': f'{now:012x}-0000-{author_of(operation)}'}


def accept(operation, outcome, record, is_told):
    result = {'id': operation['id'], 'status': 'accepted', 'outcome': outcome, 'version': record['version']}
    return {**result, 'record': record} if is_told else result


def rejected(operation, code, message):
    return {'id': operation['id'], 'status': 'rejected', 'code': code, 'message': message}
