import type Database from 'libsql';

/**
 * As exact as `better-sqlite3`, where `libsql` is generous: `?1` is a name and takes no value by its place, and a statement is
 * either run or read, as it has rows to give or not.
 */
export function strict(database: Database.Database): Database.Database {
  return new Proxy(database, {
    get(target, name) {
      if (name === 'prepare') return (sql: string) => prepare(target, sql);
      const member: unknown = Reflect.get(target, name, target);
      return typeof member === 'function' ? (member.bind(target) as unknown) : member;
    },
  });
}

function prepare(database: Database.Database, sql: string) {
  if (/\?\d/.test(sql)) throw new TypeError(`Too many parameter values were provided: ${sql}`);
  const statement = database.prepare(sql);
  const exact =
    (isRead: boolean, call: 'run' | 'get' | 'all') =>
    (...values: unknown[]) => {
      if (statement.reader !== isRead)
        throw new TypeError(`This statement ${isRead ? 'does not return' : 'returns'} data: ${sql}`);
      return statement[call](...values);
    };
  return { run: exact(false, 'run'), get: exact(true, 'get'), all: exact(true, 'all') };
}
