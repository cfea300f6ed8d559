"""What crosses the wire: read, checked, and reduced to the fields that are known."""

import json
import math
import re

OPERATIONS_PER_PUSH = 500
REQUEST_BYTES = 1024 * 1024
OPERATION_BYTES = 256 * 1024
DEPTH = 32
CHANGES_PER_PAGE = 1000
PAGE_CHARACTERS = 4 * 1024 * 1024

UNSAFE_KEYS = {'__proto__', 'constructor', 'prototype'}
# Names that every JavaScript object has: no replica may be called so.
OBJECT_MEMBERS = {
    'constructor', 'hasOwnProperty', 'isPrototypeOf', 'propertyIsEnumerable', 'toLocaleString', 'toString',
    'valueOf', '__defineGetter__', '__defineSetter__', '__lookupGetter__', '__lookupSetter__', '__proto__',
}
ID = re.compile(r'[A-Za-z0-9_.:-]{1,64}')
ENTITY = re.compile(r'[A-Za-z][A-Za-z0-9_.-]{0,63}')
REPLICA = re.compile(r'[A-Za-z0-9_-]{1,64}')
STAMP = re.compile(r'([0-9a-f]{12})-([0-9a-f]{4})-([A-Za-z0-9_-]{1,64})')
POINTER = re.compile(r'(?:/(?:[^~/]|~[01])*)*', re.DOTALL)


class Refusal(Exception):
    """A request that is refused as a whole."""

    def __init__(self, status, code, message, details=None):
        super().__init__(message)
        self.status = status
        self.error = {'code': code, 'message': message, **({'details': details} if details else {})}


class Unacceptable(Exception):
    """One operation that cannot be taken in; the others of its push carry on."""

    def __init__(self, message, code='protocol'):
        super().__init__(message)
        self.code = code


def bad_request(message):
    return Refusal(400, 'bad-request', message)


def number(text):
    """A JSON number as every client sees it: a double, without a fraction where it has none."""
    value = float(text)
    if not math.isfinite(value):
        raise ValueError('a number is not finite')
    return int(value) if value.is_integer() and abs(value) < 2**53 else value


def read_json(body):
    try:
        return json.loads(body.decode('utf-8'), parse_int=number, parse_float=number, parse_constant=number)
    except (ValueError, RecursionError) as error:
        raise bad_request(f'the body is no JSON: {error}') from None


def to_json(value):
    return json.dumps(value, separators=(',', ':'))


def length(text):
    """In UTF-16 units, as JavaScript counts."""
    return len(text.encode('utf-16-le', 'surrogatepass')) // 2


def is_text(value, most, least=1):
    return isinstance(value, str) and least <= length(value) <= most


def is_key(value, most):
    """Without NUL and half surrogate pairs, which some stores cannot keep."""
    return is_text(value, most) and not re.search(r'[\x00\ud800-\udfff]', value)


def matches(pattern, value):
    return isinstance(value, str) and pattern.fullmatch(value) is not None


def is_integer(value, least):
    return isinstance(value, int) and not isinstance(value, bool) and value >= least


def is_number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def is_replica(value):
    return matches(REPLICA, value) and value not in OBJECT_MEMBERS | UNSAFE_KEYS


def is_stamp(value):
    parts = STAMP.fullmatch(value) if isinstance(value, str) else None
    return parts is not None and is_replica(parts[3])


def segments(path):
    return [part.replace('~1', '/').replace('~0', '~') for part in path.split('/')[1:]]


def is_path(value):
    return is_text(value, 4096, 0) and matches(POINTER, value) and UNSAFE_KEYS.isdisjoint(segments(value))


def check_interior(value, levels):
    """At most so many objects and arrays inside one another, and no key that JavaScript must not see."""
    if not isinstance(value, (dict, list)):
        return
    if levels == 0:
        raise Unacceptable('it is nested too deeply')
    if isinstance(value, dict):
        unsafe = UNSAFE_KEYS.intersection(value)
        if unsafe:
            raise Unacceptable(f'the key {unsafe.pop()} is not allowed')
        value = value.values()
    for member in value:
        check_interior(member, levels - 1)


# Shapes: field -> what it must be. A name that ends in `?` may be absent.
def fields(value, shape):
    """The known fields of an object, checked; `None` where it has not this shape."""
    if not isinstance(value, dict):
        return None
    known = {}
    for name, check in shape.items():
        key = name.rstrip('?')
        if key in value:
            if not check(value[key]):
                return None
            known[key] = value[key]
        elif not name.endswith('?'):
            return None
    return known


def anything(_):
    return True


def list_of(check, most=None):
    return lambda value: isinstance(value, list) and (most is None or len(value) <= most) and all(map(check, value))


CHANGE = {
    'path': is_path,
    'action': lambda value: value in ('set', 'unset', 'increment', 'add', 'remove', 'merge'),
    'value?': anything,
    'base?': anything,
    'baseHash?': lambda value: is_text(value, 128),
}
DECISION = {
    'path': is_path,
    'operationId': lambda value: matches(ID, value),
    'replica': is_replica,
    'remoteReplica?': is_replica,
    'base?': anything,
    'local?': anything,
    'remote?': anything,
    'result?': anything,
    'winner': lambda value: value in ('local', 'remote', 'both'),
    'rule': lambda value: is_text(value, 128),
    'why': lambda value: isinstance(value, str),
}
TRANSACTION = {'id': lambda value: is_text(value, 64), 'size': lambda value: is_integer(value, 1)}
HEAD = {
    'id': lambda value: matches(ID, value),
    'entity': lambda value: matches(ENTITY, value),
    'entityId': lambda value: is_key(value, 256),
}
OPERATION = {
    **HEAD,
    'kind': lambda value: value in ('create', 'update', 'delete'),
    'changes': list_of(lambda value: fields(value, CHANGE) is not None),
    'clock': lambda value: isinstance(value, dict)
    and all(is_replica(replica) and is_integer(count, 1) for replica, count in value.items()),
    'stamp': is_stamp,
    'schemaVersion': lambda value: is_integer(value, 1),
    'dependsOn?': list_of(lambda value: matches(ID, value)),
    'transaction?': lambda value: fields(value, TRANSACTION) is not None,
    'priority?': is_number,
    'replaces?': lambda value: matches(ID, value),
    'decisions?': list_of(lambda value: fields(value, DECISION) is not None),
    'meta?': lambda value: isinstance(value, dict),
}
PUSH = {
    'replica': is_replica,
    'space?': lambda value: is_key(value, 128),
    'cursor?': lambda value: is_text(value, 65_536, 0),
    'operations': lambda value: isinstance(value, list),
}
PULL = {
    'replica': is_replica,
    'space?': lambda value: is_key(value, 128),
    'cursor?': lambda value: is_text(value, 65_536, 0),
    'entities?': list_of(lambda value: matches(ENTITY, value), 1024),
    'limit': lambda value: is_integer(value, 1),
}


def read_push(body):
    request = fields(body, PUSH)
    if request is None:
        raise bad_request('this has not the shape of a push')
    if len(request['operations']) > OPERATIONS_PER_PUSH:
        raise Refusal(413, 'too-large', f'a push has at most {OPERATIONS_PER_PUSH} operations')
    heads = [fields(operation, HEAD) for operation in request['operations']]
    if None in heads:
        raise bad_request('an operation has no id, entity or entityId that can be read')
    if len({head['id'] for head in heads}) < len(heads):
        raise bad_request('an operation is in the push twice')
    return request


def read_pull(body):
    request = fields(body, PULL)
    if request is None:
        raise bad_request('this has not the shape of a pull')
    return request


def read_operation(raw):
    """One operation of a push whose head was read already. Raises `Unacceptable`."""
    # The operation, its changes, and each of them lie around a value.
    check_interior(raw, DEPTH + 3)
    counted = {key: value for key, value in raw.items() if key != 'decisions'}
    text = json.dumps(counted, separators=(',', ':'), ensure_ascii=False)
    if len(text.encode('utf-8', 'surrogatepass')) > OPERATION_BYTES:
        raise Unacceptable(f'an operation has at most {OPERATION_BYTES} bytes', 'limit')
    operation = fields(raw, OPERATION)
    if operation is None:
        raise Unacceptable('this has not the shape of an operation')
    operation['changes'] = [fields(change, CHANGE) for change in operation['changes']]
    if 'decisions' in operation:
        operation['decisions'] = [fields(decision, DECISION) for decision in operation['decisions']]
    for change in operation['changes']:
        levels = DEPTH - len(segments(change['path']))
        if levels < 0:
            raise Unacceptable('a path is too long')
        check_interior(change.get('value'), levels)
        check_change(change)
    check_kind(operation['kind'], operation['changes'])
    if author_of(operation) not in operation['clock']:
        raise Unacceptable('the clock has no counter for the author')
    return operation


def check_change(change):
    action, value = change['action'], change.get('value')
    if ('value' in change) == (action == 'unset'):
        raise Unacceptable(f'{action}: a value is missing, or is too much')
    if change['path'] == '' and action != 'unset' and not isinstance(value, dict):
        raise Unacceptable('what is written at the root is an object')
    if action == 'increment' and not is_number(value):
        raise Unacceptable('increment has a number')
    if action in ('add', 'remove') and not isinstance(value, list):
        raise Unacceptable(f'{action} has an array')


def check_kind(kind, changes):
    roots = [change['action'] for change in changes if change['path'] == '']
    whole = roots if len(changes) == 1 else None
    if kind == 'create' and whole != ['set']:
        raise Unacceptable('a create is one set at the root')
    if kind == 'delete' and changes and whole != ['unset']:
        raise Unacceptable('a delete is one unset at the root')
    if kind == 'update' and 'unset' in roots:
        raise Unacceptable('an update cannot unset the root')


def author_of(operation):
    return operation['stamp'][18:]
