"""How one operation is written over a record: nothing but the rules of the page, without a store."""

import copy
import math

from shapes import Unacceptable, author_of, number, segments, to_json


def empty_record(operation):
    return {
        'entity': operation['entity'],
        'id': operation['entityId'],
        'data': {},
        'clock': {},
        'version': 0,
        'stamp': operation['stamp'],
    }


def write_over(record, operation):
    """The record after the operation. Raises `Unacceptable` where a change meets a value of the wrong kind."""
    author = author_of(operation)
    changes = [] if operation['kind'] == 'delete' else operation['changes']
    paths = [change['path'] for change in changes]
    data = copy.deepcopy(record['data'])
    for change in changes:
        data = apply_change(data, change)
    written = {
        'entity': record['entity'],
        'id': record['id'],
        'data': data,
        'version': record['version'] + 1,
        'clock': {**record['clock'], author: operation['clock'][author]},
        'stamp': max(record['stamp'], operation['stamp']),
    }
    stamps = record.get('stamps')
    if record['version'] > 0:
        stamps = raise_stamps(dict(stamps or {'': record['stamp']}), paths, operation['stamp'])
    if stamps is not None:
        written['stamps'] = stamps
    if operation['kind'] == 'delete':
        written['deleted'] = True
    decisions = decisions_after(record, operation, paths)
    if decisions:
        written['decisions'] = decisions
    return written


def contains(path, other):
    return other == path or other.startswith(path + '/')


def raise_stamps(stamps, paths, stamp):
    for path in paths:
        below = [held for held in stamps if contains(path, held)]
        largest = max([inherited(stamps, path), stamp, *(stamps[held] for held in below)])
        for held in below:
            del stamps[held]
        if inherited(stamps, path) != largest:
            stamps[path] = largest
    return stamps


def inherited(stamps, path):
    """The stamp of the longest entry that contains the path; the smallest text where there is none."""
    above = [held for held in stamps if contains(held, path)]
    return stamps[max(above, key=len)] if above else ''


def decisions_after(record, operation, paths):
    new = operation.get('decisions', [])
    touched = paths + [decision['path'] for decision in new]

    def stands(decision):
        own = decision['path']
        return not any(contains(own, path) or contains(path, own) for path in touched)

    return [decision for decision in record.get('decisions', []) if stands(decision)] + new


def apply_change(data, change):
    action, value = change['action'], change.get('value')
    if change['path'] == '':
        return copy.deepcopy(value) if action == 'set' else merged(data, value)
    *steps, key = segments(change['path'])
    parent = data
    for step in steps:
        child = parent.get(step)
        if not isinstance(child, dict):
            if action == 'unset':
                return data
            if step in parent and action not in ('set', 'merge'):
                raise Unacceptable('an ancestor of the place is no object', 'validation')
            child = parent[step] = {}
        parent = child
    if action == 'unset':
        parent.pop(key, None)
    else:
        parent[key] = new_value(action, parent.get(key), key in parent, value)
    return data


def new_value(action, present, is_there, value):
    if action == 'set':
        return copy.deepcopy(value)
    if action == 'merge':
        return merged(present, value)
    if action == 'increment':
        return added(present if is_there else 0, value)
    members = present if is_there else []
    if not isinstance(members, list):
        raise Unacceptable(f'{action} needs an array in its place', 'validation')
    # Equal JSON has equal text once the keys are sorted.
    held, given = [same_text(member) for member in members], [same_text(member) for member in value]
    if action == 'remove':
        return [member for member, text in zip(members, held) if text not in given]
    members = list(members)
    for member, text in zip(value, given):
        if text not in held:
            members.append(member)
            held.append(text)
    return members


def added(present, value):
    if isinstance(present, bool) or not isinstance(present, (int, float)):
        raise Unacceptable('increment needs a number in its place', 'validation')
    total = float(present) + float(value)
    if not math.isfinite(total):
        raise Unacceptable('the sum is not finite', 'validation')
    return number(repr(total))


def merged(target, patch):
    """A JSON merge patch (RFC 7396)."""
    if not isinstance(patch, dict):
        return copy.deepcopy(patch)
    result = dict(target) if isinstance(target, dict) else {}
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = merged(result.get(key), value)
    return result


def same_text(value):
    if isinstance(value, dict):
        return '{' + ','.join(f'{to_json(key)}:{same_text(value[key])}' for key in sorted(value)) + '}'
    if isinstance(value, list):
        return '[' + ','.join(map(same_text, value)) + ']'
    return to_json(value)
