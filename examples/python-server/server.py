"""A Syncline server on Python's standard library: `python3 server.py --help`."""

import argparse
import gzip
import hmac
import io
import signal
import sys
import threading
import traceback
import zlib
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from shapes import REQUEST_BYTES, Refusal, bad_request, read_json, to_json
from store import Store
from sync import Sync

BASE = '/api/v1/sync'
GZIP_FROM = 1024
# How much of a request that is refused unread is still taken off the line, so that the answer gets through.
LINGER_BYTES = 16 * 1024 * 1024


class Handler(BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'
    server_version = 'syncline-python'
    disable_nagle_algorithm = True
    wbufsize = 65_536
    timeout = 60

    def do_HEAD(self):
        self.serve()

    def do_GET(self):
        self.serve()

    def do_POST(self):
        self.serve()

    def serve(self):
        try:
            status, answer = 200, self.answer()
        except Refusal as refusal:
            status, answer = refusal.status, {'error': refusal.error, **self.server.sync.envelope()}
        except Exception:
            traceback.print_exc()
            error = {'code': 'internal', 'message': 'the server failed'}
            status, answer = 500, {'error': error}
        self.send(status, to_json(answer).encode('utf-8'))

    def answer(self):
        body = self.read_body() if self.command == 'POST' else b''
        call = f'{self.command} {self.path.partition("?")[0]}'
        sync = self.server.sync
        if call in (f'HEAD {BASE}/health', f'GET {BASE}/health'):
            return {**sync.envelope(), 'protocol': [1]}
        calls = {f'POST {BASE}/push': sync.push, f'POST {BASE}/pull': sync.pull}
        if call not in calls:
            raise Refusal(404, 'not-found', f'there is no {call}')
        self.check_caller()
        self.check_protocol()
        # A page elsewhere cannot send this type without being asked first.
        if self.headers.get_content_type() != 'application/json':
            raise bad_request('the body must be application/json')
        return calls[call](read_json(body))

    def check_caller(self):
        token = self.server.token
        given = self.headers.get('authorization', '')
        if token is not None and not hmac.compare_digest(given.encode(), f'Bearer {token}'.encode()):
            raise Refusal(401, 'unauthenticated', 'a bearer token is needed')

    def check_protocol(self):
        if self.headers.get('syncline-protocol', '1').strip() != '1':
            raise Refusal(400, 'protocol-unsupported', 'version 1 is spoken here', {'supported': [1]})

    def read_body(self):
        """The body, unpacked, and at most as large as a request may be."""
        too_large = Refusal(413, 'too-large', f'a request has at most {REQUEST_BYTES} bytes')
        raw = self.read_chunks() if 'transfer-encoding' in self.headers else self.read_length()
        if raw is None:
            raise too_large
        coding = self.headers.get('content-encoding', 'identity').strip().lower()
        if coding == 'identity':
            return raw
        if coding != 'gzip':
            raise bad_request(f'the content encoding {coding} is not known')
        try:
            # One byte more than is taken tells whether there is more, whatever the rest would unpack to.
            body = gzip.GzipFile(fileobj=io.BytesIO(raw)).read(REQUEST_BYTES + 1)
        except (OSError, EOFError, zlib.error):
            raise bad_request('the body is not packed with gzip') from None
        if len(body) > REQUEST_BYTES:
            raise too_large
        return body

    def read_length(self):
        text = self.headers.get('content-length', '0')
        if not text.isdecimal():
            self.close_connection = True
            raise bad_request('content-length is no number')
        size = int(text)
        if size <= REQUEST_BYTES:
            return self.rfile.read(size)
        self.close_connection = True
        left = min(size, LINGER_BYTES)
        while left > 0:
            taken = len(self.rfile.read(min(left, 65_536)))
            left = left - taken if taken else 0
        return None

    def read_chunks(self):
        body, total = [], 0
        while True:
            try:
                size = int(self.rfile.readline(1024).partition(b';')[0], 16)
            except ValueError:
                self.close_connection = True
                raise bad_request('a chunk has no length') from None
            total += size
            if total > LINGER_BYTES:
                self.close_connection = True
                return None
            if size == 0:
                while self.rfile.readline(1024).strip():
                    pass
                return b''.join(body) if total <= REQUEST_BYTES else None
            chunk = self.rfile.read(size)
            if total <= REQUEST_BYTES:
                body.append(chunk)
            self.rfile.readline(1024)

    def send(self, status, body):
        is_packed = len(body) > GZIP_FROM and 'gzip' in self.headers.get('accept-encoding', '').lower()
        packed = gzip.compress(body, 6) if is_packed else body
        self.send_response(status)
        self.send_header('content-type', 'application/json')
        self.send_header('content-length', str(len(packed)))
        self.send_header('vary', 'accept-encoding')
        if is_packed:
            self.send_header('content-encoding', 'gzip')
        self.end_headers()
        if self.command != 'HEAD':
            self.wfile.write(packed)

    def log_message(self, *_):
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, address, sync, token):
        super().__init__(address, Handler)
        self.sync = sync
        self.token = token

    def handle_error(self, request, client_address):
        # A caller that hangs up is no error of this server.
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


def main():
    parser = argparse.ArgumentParser(description='A Syncline server that compares clocks.')
    parser.add_argument('--port', type=int, default=8080, help='0 takes a free one (default: 8080)')
    parser.add_argument('--host', default='127.0.0.1', help='where it listens (default: 127.0.0.1)')
    parser.add_argument('--file', default=':memory:', help='SQLite file (default: keeps nothing)')
    parser.add_argument('--token', help='the bearer token that callers need (default: none)')
    parser.add_argument('--restored', action='store_true', help='the file is a backup: begins a new epoch')
    options = parser.parse_args()

    store = Store(options.file, options.restored)
    server = Server((options.host, options.port), Sync(store), options.token)

    def stop(*_):
        # `shutdown` waits for the loop that this handler interrupts, so another thread has to call it.
        threading.Thread(target=server.shutdown).start()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    print(f'http://{options.host}:{server.server_port}{BASE}', flush=True)
    server.serve_forever(poll_interval=0.1)
    server.server_close()
    store.close()


if __name__ == '__main__':
    main()
