"""Records, and the answers that were given, in SQLite; `:memory:` keeps nothing."""

import json
import sqlite3
import threading
import uuid
from contextlib import contextmanager

from shapes import to_json

SCHEMA = """
CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS spaces (space TEXT PRIMARY KEY, head INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS records (
  space TEXT NOT NULL, key TEXT NOT NULL, entity TEXT NOT NULL, seq INTEGER NOT NULL, record TEXT NOT NULL,
  PRIMARY KEY (space, key));
CREATE INDEX IF NOT EXISTS records_in_order ON records (space, seq);
CREATE TABLE IF NOT EXISTS answers (
  space TEXT NOT NULL, id TEXT NOT NULL, answer TEXT NOT NULL, PRIMARY KEY (space, id));
"""


class Store:
    def __init__(self, file, is_restored=False):
        # One connection and one lock: pushes come one after the other, and no pull sees half of one.
        self.lock = threading.Lock()
        self.db = sqlite3.connect(file, isolation_level=None, check_same_thread=False, timeout=30)
        self.db.execute('PRAGMA journal_mode = WAL')
        self.db.execute('PRAGMA synchronous = FULL')
        self.db.executescript(SCHEMA)
        if is_restored:
            self.db.execute("DELETE FROM meta WHERE name = 'epoch'")
        self.db.execute("INSERT OR IGNORE INTO meta VALUES ('epoch', ?)", (uuid.uuid4().hex,))
        (self.epoch,) = self.db.execute("SELECT value FROM meta WHERE name = 'epoch'").fetchone()

    @contextmanager
    def space(self, name):
        """Everything that is done inside becomes durable together, or not at all."""
        with self.lock:
            self.db.execute('BEGIN IMMEDIATE')
            try:
                yield Space(self.db, to_json(name))
            except BaseException:
                self.db.execute('ROLLBACK')
                raise
            self.db.execute('COMMIT')

    def close(self):
        with self.lock:
            self.db.close()


class Space:
    """One space inside a transaction. Texts are kept as JSON, which also holds what UTF-8 cannot: half a pair."""

    def __init__(self, db, name):
        self.db = db
        self.name = name

    def head(self):
        row = self.db.execute('SELECT head FROM spaces WHERE space = ?', (self.name,)).fetchone()
        return row[0] if row else 0

    def record(self, key):
        row = self.db.execute(
            'SELECT record FROM records WHERE space = ? AND key = ?', (self.name, to_json(key))
        ).fetchone()
        return json.loads(row[0]) if row else None

    def answer(self, operation_id):
        row = self.db.execute(
            'SELECT answer FROM answers WHERE space = ? AND id = ?', (self.name, operation_id)
        ).fetchone()
        return json.loads(row[0]) if row else None

    def keep_answer(self, operation_id, answer):
        self.db.execute('INSERT INTO answers VALUES (?, ?, ?)', (self.name, operation_id, to_json(answer)))

    def save(self, records):
        """All of one push get the same place in the order of commits."""
        if not records:
            return
        seq = self.head() + 1
        self.db.execute('INSERT OR REPLACE INTO spaces VALUES (?, ?)', (self.name, seq))
        self.db.executemany(
            'INSERT OR REPLACE INTO records VALUES (?, ?, ?, ?, ?)',
            [(self.name, to_json(key), key[0], seq, to_json(record)) for key, record in records.items()],
        )

    def changed_since(self, seq):
        """Pairs of place and record, in the order of their last change."""
        rows = self.db.execute(
            'SELECT seq, entity, record FROM records WHERE space = ? AND seq > ? ORDER BY seq', (self.name, seq)
        )
        return ((place, entity, record) for place, entity, record in rows)
